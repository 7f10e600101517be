"""How a model answers the pictures of its bake."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from passerelle.artifact.card import Input
from passerelle.protocol.distribution import Distribution
from services.bake import calibration, picture_way, reference
from services.bake.errors import ForwardError
from services.model.engines.engine import Engine
from services.model.handled import Handled
from services.model.tasks.classification import Classification
from services.model.tasks.embedding import Embedding
from services.model.tensors import Array, Tensors
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def brightness(inputs: Tensors) -> dict[str, Array]:
    mean = float(next(iter(inputs.values())).mean()) / 255
    return {"logits": np.array([[mean, 1 - mean]], np.float32)}


BRIGHTNESS = Engine((brightness,))
BROKEN = Engine((lambda _: {"logits": np.array([[np.nan, 0]], np.float32)},))


TASK = Classification(["bright", "dark"], "none")


def of(engine: Engine, folder: Path | None = None) -> dict[str, object]:
    fields = {"precision": "int8", "calibration": str(folder)} if folder else {}
    found = reference.of(nets.recipe(**fields), engine, nets.SHAPE, TASK)
    assert found is not None
    return found


def test_it_is_counted_over_crops_and_is_the_same_each_time() -> None:
    found = of(BRIGHTNESS)
    assert (found["of"], found["pictures"]) == ("crops of photographs", 50)
    read = Distribution.of(found)
    assert read is not None
    assert set(read.classes) == {"bright", "dark"}
    assert of(BRIGHTNESS) == found


def test_it_is_counted_all_over_the_calibration_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        shutil.copy(calibration.PICTURES[number % 3], tmp_path / f"{number:02}.png")
    found = of(BRIGHTNESS, tmp_path)
    assert (found["of"], found["pictures"]) == ("the calibration folder", 12)
    monkeypatch.setitem(reference.MOST, "classification", 4)
    assert of(BRIGHTNESS, tmp_path)["pictures"] == 4


def test_a_picture_that_the_handler_fails_on_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        shutil.copy(calibration.PICTURES[number % 3], tmp_path / f"{number:02}.png")
    read = picture_way.of_file

    def of_file(handled: Handled, file: Path, shape: Input) -> picture_way.Picture:
        if file.name == "03.png":
            raise ForwardError
        return read(handled, file, shape)

    monkeypatch.setattr(picture_way, "of_file", of_file)
    assert of(BRIGHTNESS, tmp_path)["pictures"] == 11


def test_what_is_no_number_does_not_count() -> None:
    assert of(BROKEN)["pictures"] == 0


def test_an_embedding_has_none() -> None:
    assert reference.of(nets.recipe(), BRIGHTNESS, nets.SHAPE, Embedding()) is None
