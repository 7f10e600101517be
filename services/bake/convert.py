"""A torch module -> an engine's file, with the normalisation inside."""

from collections.abc import Callable
from pathlib import Path

import openvino
import torch

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from services.bake.architecture import Architecture
from services.bake.errors import BakeError


class Normalised(torch.nn.Module):
    """uint8 (N, H, W, channels) -> logits (N, classes): scale, normalise, then the module."""

    def __init__(self, module: torch.nn.Module, shape: Input) -> None:
        super().__init__()
        self.module = module
        self.mean = torch.nn.Buffer(torch.tensor(shape.mean).reshape(1, -1, 1, 1))
        self.std = torch.nn.Buffer(torch.tensor(shape.std).reshape(1, -1, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The logits of a batch of pictures."""
        scaled = pixels.permute(0, 3, 1, 2).float() / 255
        logits: torch.Tensor = self.module((scaled - self.mean) / self.std)
        return logits

    def example(self, size: int) -> torch.Tensor:
        """A batch of one black picture, of size x size pixels."""
        return torch.zeros(1, size, size, self.mean.shape[1], dtype=torch.uint8)


def convert(recipe: Recipe, built: Architecture, folder: Path) -> Normalised:
    """Write the module's file for the recipe's engine; give the module that it was made of.

    Raises:
        BakeError: the engine's converter can't.
    """
    module = Normalised(built.module, built.input).eval()
    try:
        CONVERTERS[recipe.engine](module, built.input.size, folder)
    except Exception as error:
        other = "torch" if recipe.engine == "openvino" else "openvino"
        raise BakeError(
            f"{recipe.id} can't be converted for {recipe.engine}; "
            f"try engine: {other}. The converter says: {str(error)[:500]}"
        ) from error
    return module


def to_openvino(module: Normalised, size: int, folder: Path) -> None:
    """OpenVINO's intermediate representation, in full fp32: model.xml and model.bin."""
    example = module.example(size)
    model = openvino.convert_model(module, example_input=example, input=[*example.shape])
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)


def to_torch(module: Normalised, size: int, folder: Path) -> None:
    """torch.export's program: model.pt2, which needs no source of the module to run."""
    program = torch.export.export(module, (module.example(size),))
    torch.export.save(program, folder / "model.pt2")


CONVERTERS: dict[str, Callable[[Normalised, int, Path], None]] = {
    "openvino": to_openvino,
    "torch": to_torch,
}
