"""A torch module -> an engine's file."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from passerelle.artifact.card import Input
from services.bake import convert
from services.bake.architecture import Architecture
from services.bake.errors import BakeError
from services.model import engines
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
PIXELS = np.arange(nets.SIZE * nets.SIZE * 3, dtype=np.uint32).astype(np.uint8)


def built(module: torch.nn.Module) -> Architecture:
    return Architecture(module.eval(), nets.SHAPE, None)


def test_pixels_are_scaled_and_normalised_in_front_of_the_module() -> None:
    module = convert.Normalised(torch.nn.Identity(), nets.SHAPE)
    batch = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 4, 5, 3)
    normalised = module(batch)
    assert normalised.shape == (2, 3, 4, 5)
    assert normalised[0].unique().tolist() == [-1]
    assert normalised[1].unique().tolist() == [1]


@pytest.mark.parametrize("channels", [1, 4])
def test_each_channel_has_its_own_normalisation(channels: int) -> None:
    mean = tuple(number / 10 for number in range(channels))
    shape = Input(nets.SIZE, nets.SIZE, "bilinear", mean, (0.5,) * channels, channels)
    module = convert.Normalised(torch.nn.Identity(), shape)
    given = module(module.example(5))
    assert given.shape == (1, channels, 5, 5)
    assert given[0, :, 0, 0].tolist() == pytest.approx([-2 * each for each in mean])


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_every_engine_answers_as_the_module_does(
    engine: Literal["openvino", "torch"], tmp_path: Path
) -> None:
    recipe = nets.recipe(engine=engine)
    module = convert.convert(recipe, built(nets.Tiny()), tmp_path)
    pixels = PIXELS.reshape(nets.SIZE, nets.SIZE, 3)
    with torch.inference_mode():
        expected = module(torch.from_numpy(pixels[np.newaxis]))[0].numpy()
    answer = engines.load(engine, tmp_path, threads=1).infer(pixels)
    assert answer == pytest.approx(expected, abs=1e-5)


def test_what_an_engine_can_not_convert_is_told_with_the_other_engine(tmp_path: Path) -> None:
    with pytest.raises(BakeError, match="can't be converted for torch; try engine: openvino"):
        convert.convert(nets.recipe(engine="torch"), built(nets.Picky()), tmp_path)
