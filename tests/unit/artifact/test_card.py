"""An artifact's card on disk."""

import dataclasses
import json
import math
from pathlib import Path

import pytest

from passerelle.artifact import card
from passerelle.artifact.card import Card, Input
from passerelle.protocol import contract

SHAPE = Input((224, 224), 256, "bicubic", (0.1, 0.2, 0.3), (1.0, 1.0, 1.0))
CARD = Card(
    id="net", architecture="torchvision:resnet18", weights={"source": "random"},
    engine="openvino", precision="fp32", input=SHAPE, classes=3, labels="as listed",
    check={"error": 0.0}, agreement=None, measured={"latency_ms": 1.0}, versions={}, digest="d",
)  # fmt: skip


BOXED = Input(
    (256, 128), None, "bilinear", (0.5,) * 3, (0.5,) * 3, 3, "letterbox", (1, 2, 3), "bgr"
)


SQUASHED = dataclasses.replace(SHAPE, resize=(256, 300))
INPUTS = (SHAPE, BOXED, SQUASHED)


@pytest.mark.parametrize("about", [dataclasses.replace(CARD, input=each) for each in INPUTS])
def test_what_is_written_is_read(about: Card, tmp_path: Path) -> None:
    card.write(tmp_path, about)
    assert card.read(tmp_path) == about
    assert [file.name for file in tmp_path.iterdir()] == [card.FILE]


def test_an_evaluation_replaces_the_last_and_nothing_else(tmp_path: Path) -> None:
    card.write(tmp_path, CARD)
    for top1 in (0.5, 0.6):
        card.write_evaluation(tmp_path, {"top1": top1})
    assert card.read(tmp_path) == dataclasses.replace(CARD, evaluation={"top1": 0.6})


def test_a_card_from_before_versions_is_of_the_first(tmp_path: Path) -> None:
    fields = dataclasses.asdict(CARD)
    del fields["contract"]
    (tmp_path / card.FILE).write_text(json.dumps(fields))
    assert card.read(tmp_path).contract == contract.VERSION_IF_UNSTATED


def test_a_card_from_before_other_channels_is_of_three(tmp_path: Path) -> None:
    fields = dataclasses.asdict(CARD)
    del fields["input"]["channels"]
    (tmp_path / card.FILE).write_text(json.dumps(fields))
    assert card.read(tmp_path).input.shape == (224, 224, 3)


def test_a_card_from_before_oblong_sizes_is_of_a_square_that_is_cropped(tmp_path: Path) -> None:
    fields = dataclasses.asdict(CARD)
    for name in ("fit", "pad", "order"):
        del fields["input"][name]
    fields["input"]["size"] = 224
    (tmp_path / card.FILE).write_text(json.dumps(fields | {"contract": "1.2"}))
    old = card.read(tmp_path).input
    assert (old.size, old.fit, old.pad, old.order) == ((224, 224), "crop", (), "rgb")


def test_a_card_from_before_activations_is_of_softmax(tmp_path: Path) -> None:
    fields = dataclasses.asdict(CARD)
    for name in ("activation", "activation_from", "output", "multi_label"):
        del fields[name]
    (tmp_path / card.FILE).write_text(json.dumps(fields | {"contract": "1.1"}))
    old = card.read(tmp_path)
    assert (old.activation, old.output, old.multi_label) == ("softmax", None, False)


def test_a_card_from_before_labels_were_hashed_says_none(tmp_path: Path) -> None:
    fields = dataclasses.asdict(dataclasses.replace(CARD, labels_sha256="a" * 64))
    del fields["labels_sha256"]
    (tmp_path / card.FILE).write_text(json.dumps(fields | {"contract": "1.4"}))
    assert card.read(tmp_path).labels_sha256 == ""


def test_a_card_never_holds_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        card.write(tmp_path, dataclasses.replace(CARD, measured={"latency_ms": math.nan}))
    assert not [*tmp_path.iterdir()]


def test_a_card_of_another_major_version_is_refused(tmp_path: Path) -> None:
    card.write(tmp_path, dataclasses.replace(CARD, contract="2.0"))
    with pytest.raises(ValueError, match=r"its card is of version 2\.0, not 1"):
        card.read(tmp_path)
