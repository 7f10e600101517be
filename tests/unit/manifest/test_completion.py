"""An entry becomes a complete model."""

from pathlib import Path

import pytest

from passerelle.manifest import completion
from passerelle.manifest.model import Cache, Input
from passerelle.manifest.schema import Defaults, Entry

ENTRY = {"id": "net", "architecture": "nets:Net", "weights": "file:net.pth"}


def test_what_is_not_given_comes_from_the_defaults(tmp_path: Path) -> None:
    defaults = Defaults.model_validate({"timeout": "2m", "cache": {"size": 5, "ttl": "1h"}})
    model = completion.own(Entry.model_validate(ENTRY), defaults, tmp_path)
    assert (model.title, model.service, model.timeout) == ("net", "net", 120.0)
    assert model.cache == Cache(size=5, ttl=3600.0)
    assert model.input is None


def test_paths_are_of_the_manifests_folder(tmp_path: Path) -> None:
    entry = Entry.model_validate(ENTRY | {"labels": "file:names.txt", "calibration": "pictures"})
    model = completion.own(entry, Defaults(), tmp_path)
    assert model.weights == f"file:{tmp_path}/net.pth"
    assert model.labels == f"file:{tmp_path}/names.txt"
    assert model.calibration == f"{tmp_path}/pictures"
    assert model.module_folders[0] == str(tmp_path)


def test_weights_may_name_a_part_of_a_checkpoint(tmp_path: Path) -> None:
    for given, source in (
        ({"file": "net.pth"}, f"file:{tmp_path}/net.pth"),
        ({"https": "https://example.org/net.pth"}, "https://example.org/net.pth"),
        ({"package": "nets/net.pth"}, "package:nets/net.pth"),
    ):
        entry = Entry.model_validate(ENTRY | {"weights": given | {"key": "ema", "strip": "net."}})
        model = completion.own(entry, Defaults(), tmp_path)
        assert (model.weights, model.weights_key, model.weights_strip) == (source, "ema", "net.")
    plain = completion.own(Entry.model_validate(ENTRY), Defaults(), tmp_path)
    assert (plain.weights_key, plain.weights_strip) == (None, None)


def test_a_link_stays_one_since_it_may_lead_elsewhere_tomorrow(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("releases/1")
    entry = Entry.model_validate(ENTRY | {"weights": "file:current/../current/net.pth"})
    model = completion.own(entry, Defaults(), tmp_path)
    assert model.weights == f"file:{tmp_path}/current/net.pth"


def test_a_cache_of_no_answers_is_off(tmp_path: Path) -> None:
    entry = Entry.model_validate(ENTRY | {"cache": {"size": 0}})
    defaults = Defaults.model_validate({"cache": {"size": 9}})
    assert completion.own(entry, defaults, tmp_path).cache is None


def test_input_and_labels_are_typed(tmp_path: Path) -> None:
    entry = Entry.model_validate(ENTRY | {"input": {"size": 64}, "labels": ["cat", "dog"]})
    model = completion.own(entry, Defaults(), tmp_path)
    assert model.input == Input(size=(64, 64))
    assert model.labels == ["cat", "dog"]


def test_an_input_keeps_what_is_written_of_it(tmp_path: Path) -> None:
    oblong = {"size": [64, 32], "fit": "letterbox", "pad": 0, "channels": "bgr"}
    entry = Entry.model_validate(ENTRY | {"input": oblong})
    model = completion.own(entry, Defaults(), tmp_path)
    assert model.input == Input(size=(64, 32), fit="letterbox", pad=(0,), channels="bgr")


def test_an_output_is_a_name_whether_written_as_text_or_number(tmp_path: Path) -> None:
    for written, name in ((0, "0"), ("logits", "logits"), (None, None)):
        entry = Entry.model_validate(ENTRY | {"output": written, "activation": "none"})
        model = completion.own(entry, Defaults(), tmp_path)
        assert (model.output, model.activation) == (name, "none")


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("10s", 10.0), ("1.5m", 90.0), ("2h", 7200.0)]
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert completion.seconds(text) == seconds
