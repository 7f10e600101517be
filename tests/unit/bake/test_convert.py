"""A torch module -> an engine's file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from passerelle.artifact.card import Input
from services.bake import convert
from services.bake.errors import EngineError
from services.model import engines
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
PIXELS = np.arange(nets.SIZE * nets.SIZE * 3, dtype=np.uint32).astype(np.uint8)
INPUTS = {"pixels": PIXELS.reshape(1, nets.SIZE, nets.SIZE, 3)}


def test_pixels_are_scaled_and_normalised_in_front_of_the_module() -> None:
    module = convert.Normalised(torch.nn.Identity(), nets.SHAPE)
    batch = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 4, 5, 3)
    normalised = module.network(batch)
    assert normalised.shape == (2, 3, 4, 5)
    assert normalised[0].unique().tolist() == [-1]
    assert normalised[1].unique().tolist() == [1]


@pytest.mark.parametrize("channels", [1, 4])
def test_each_channel_has_its_own_normalisation(channels: int) -> None:
    mean = tuple(number / 10 for number in range(channels))
    shape = Input((nets.SIZE, nets.SIZE), nets.SIZE, "bilinear", mean, (0.5,) * channels, channels)
    module = convert.Normalised(torch.nn.Identity(), shape)
    given = module.network(torch.zeros(1, 5, 5, channels, dtype=torch.uint8))
    assert given.shape == (1, channels, 5, 5)
    assert given[0, :, 0, 0].tolist() == pytest.approx([-2 * each for each in mean])


class Named(torch.nn.Module):
    """Gives a dict of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, nets.CLASSES, 8, stride=8)

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """The logits, and something else."""
        maps = self.layer(batch)
        return {"maps": maps, "logits": maps.mean((2, 3))}


@pytest.mark.parametrize("engine", ["openvino", "torch"])
@pytest.mark.parametrize(("net", "output_name"), [(nets.Tiny(), ""), (Named(), "logits")])
def test_every_engine_answers_as_the_module_does(
    engine: str, net: torch.nn.Module, output_name: str, tmp_path: Path
) -> None:
    module = convert.Normalised(net.eval(), nets.SHAPE, (output_name,)).eval()
    convert.convert(engine, module, ("values",), INPUTS, tmp_path)
    with torch.inference_mode():
        (expected,) = module(torch.from_numpy(INPUTS["pixels"]))
    answer = engines.load(engine, tmp_path, threads=1).infer(INPUTS)
    assert answer["values"] == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_several_outputs_have_the_names_that_are_given(engine: str, tmp_path: Path) -> None:
    module = convert.Normalised(Named().eval(), nets.SHAPE, ("logits", "maps")).eval()
    convert.convert(engine, module, ("one", "two"), INPUTS, tmp_path)
    answer = engines.load(engine, tmp_path, threads=1).infer(INPUTS)
    assert answer["one"].shape == (1, nets.CLASSES)
    assert answer["two"].ndim == 4


def test_a_dict_of_torchscript_is_converted(tmp_path: Path) -> None:
    script = torch.jit.script(Named())
    module = convert.Normalised(script, nets.SHAPE, ("logits",)).eval()
    convert.convert("openvino", module, ("logits",), INPUTS, tmp_path)
    answer = engines.load("openvino", tmp_path, threads=1).infer(INPUTS)
    assert answer["logits"].shape == (1, nets.CLASSES)


def test_what_an_engine_can_not_convert_is_told_in_its_words(tmp_path: Path) -> None:
    module = convert.Normalised(nets.Picky().eval(), nets.SHAPE).eval()
    with pytest.raises(EngineError, match=r"can't be converted for torch.+ says: Could not"):
        convert.convert("torch", module, ("values",), INPUTS, tmp_path)
