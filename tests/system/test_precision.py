"""Lower precisions: as fast as they are, and honest about how often they agree with fp32."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
import torch
from PIL import Image

from passerelle.artifact import card
from passerelle.artifact.card import Input
from services.bake import calibration, convert, quantization
from services.model import engines
from tests.support import stack
from tests.system.test_bake import bake_here, baked, folder_of, model, refusal, tiny

__all__ = ["tiny"]  # the fixture

SHAPE = Input((32, 32), 36, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
I8 = openvino.Type.i8


@pytest.mark.parametrize(("precision", "least"), [("bf16", 0.95), ("int8", 0.8)])
@pytest.mark.usefixtures("tiny")
def test_a_lower_precision_says_how_often_it_agrees(
    precision: str, least: float, tmp_path: Path
) -> None:
    given = model(tmp_path, precision=precision, accept={"agreement": least})
    made = card.read(bake_here(given, tmp_path / "artifacts"))
    assert made.precision == precision
    assert made.agreement is not None
    assert least <= made.agreement["top1"] <= 1
    assert made.agreement["pictures"] == calibration.JUDGE[0]
    assert made.agreement["of"] == "crops of photographs"


@pytest.mark.usefixtures("tiny")
def test_int8_is_smaller_and_other_than_fp32(tmp_path: Path) -> None:
    folders = [
        bake_here(model(tmp_path, precision=each), tmp_path / "artifacts")
        for each in ("fp32", "int8")
    ]
    full, lower = (engines.load("openvino", each, 1, card.read(each).precision) for each in folders)
    inputs = next(calibration.crops(SHAPE, 1, seed=5)).inputs
    expected, given = (each.infer(inputs)["logits"] for each in (full, lower))
    assert not np.array_equal(expected, given)
    assert given == pytest.approx(expected, abs=0.1)
    assert "int8" not in [file.stem for file in folders[1].iterdir()]


def quantized(folder: Path) -> list[Any]:
    """The nodes of a small depthwise-separable net in int8."""
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3),
        torch.nn.ReLU6(),
        torch.nn.Conv2d(8, 8, 3, groups=8),
        torch.nn.ReLU6(),
        torch.nn.Conv2d(8, 4, 28),
        torch.nn.Flatten(),
    )
    ranges = [each.inputs for each in calibration.crops(SHAPE, 10, seed=0)]
    module = convert.Normalised(net, SHAPE).eval()
    convert.convert("openvino", module, ("logits",), ranges[0], folder)
    quantization.to_int8(folder, ranges, "classification")
    nodes: list[Any] = openvino.Core().read_model(folder / "model.xml").get_ops()
    return nodes


def test_weights_in_int8_add_up_without_overflow_on_any_processor(tmp_path: Path) -> None:
    constants = [each for each in quantized(tmp_path) if each.get_type_name() == "Constant"]
    weights = [each.get_data().astype(int) for each in constants if each.get_element_type() == I8]
    of_depthwise = [each for each in weights if each.ndim == 5]  # their products aren't added
    others = [each for each in weights if each.ndim == 4]
    assert (len(of_depthwise), len(others)) == (1, 2)
    assert all(np.abs(each).max() <= 64 for each in others)


def test_an_activation_has_one_range_for_all_its_channels_and_cuts_nothing_off(
    tmp_path: Path,
) -> None:
    nodes = [each for each in quantized(tmp_path) if each.get_type_name() == "FakeQuantize"]
    highest = [each.input_value(2).get_node().get_data() for each in nodes]
    assert len(highest) > 2
    assert all(each.size == 1 for each in highest)
    assert max(float(each.max()) for each in highest) == 255  # of a pixel


@pytest.mark.usefixtures("tiny")
def test_int8_is_the_same_at_every_bake(tmp_path: Path) -> None:
    given = model(tmp_path, precision="int8")
    folders = [folder_of(baked(given, tmp_path / each)) for each in ("one", "other")]
    for file in ("model.xml", "model.bin"):
        one, other = ((each / file).read_bytes() for each in folders)
        assert one == other


@pytest.mark.usefixtures("tiny")
def test_too_little_agreement_fails_the_bake(tmp_path: Path) -> None:
    given = model(
        tmp_path, architecture="tiny_nets:Close", precision="int8", accept={"agreement": 1}
    )
    told = refusal(given, tmp_path / "artifacts")
    assert "agrees with fp32 by" in told
    assert "accept asks for 100.0%" in told
    assert "calibration folder of your own pictures, or accept less" in told


def pictures(folder: Path, count: int) -> Path:
    """A folder of pictures, crops of the cat."""
    folder.mkdir()
    with Image.open(stack.PICTURES / "chelsea.png") as cat:
        for number in range(count):
            cat.crop((number * 9, 0, number * 9 + 200, 200)).save(folder / f"{number}.png")
    return folder


@pytest.mark.usefixtures("tiny")
def test_a_calibration_folder_is_split_between_ranges_and_judge(tmp_path: Path) -> None:
    pictures(tmp_path / "own", 15)
    given = model(tmp_path, precision="int8", calibration="own")
    assert len(calibration.ranges(given, SHAPE)) == 12
    assert len(calibration.judge(given, SHAPE)) == 3
    made = card.read(bake_here(given, tmp_path / "artifacts"))
    assert made.agreement is not None
    assert (made.agreement["pictures"], made.agreement["of"]) == (3, "the calibration folder")


def test_the_default_int8_model_tells_its_agreement(up: stack.Stack) -> None:
    told = up.get("/models/efficientnet-lite0-int8").json()["card"]
    assert told["precision"] == "int8"
    assert 0.9 <= told["agreement"]["top1"] < 1
    full = up.get("/models/efficientnet-lite0").json()["card"]
    assert full["agreement"] is None
    assert told["measured"]["size_mb"] < full["measured"]["size_mb"] / 2
