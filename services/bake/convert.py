"""A torch module -> an engine's file, with the normalisation inside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino
import torch

from passerelle.artifact.card import Input
from services.bake import output
from services.bake.errors import EngineError

MAX_SAID = 300  # characters of a converter's error


class Normalised(torch.nn.Module):
    """uint8 (1, H, W, channels) -> (1, classes): scale, normalise, the module, its one output."""

    def __init__(self, module: torch.nn.Module, shape: Input, output_name: str = "") -> None:
        super().__init__()
        self.module = module
        self.output = output_name  # of the tensor that counts: see output.py
        self.mean = torch.nn.Buffer(torch.tensor(shape.mean).reshape(1, -1, 1, 1))
        self.std = torch.nn.Buffer(torch.tensor(shape.std).reshape(1, -1, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The classes' values of a picture."""
        return output.take(self.network(pixels), self.output)

    def network(self, pixels: torch.Tensor) -> Any:
        """All that the module gives for a picture."""
        scaled = pixels.permute(0, 3, 1, 2).float() / 255
        return self.module((scaled - self.mean) / self.std)

    def example(self, size: int) -> torch.Tensor:
        """A batch of one black picture, of size x size pixels."""
        return torch.zeros(1, size, size, self.mean.shape[1], dtype=torch.uint8)


def convert(engine: str, module: Normalised, size: int, folder: Path) -> None:
    """Write the module's file for an engine. `size` is the side of its pictures, in pixels.

    Raises:
        EngineError: the engine's converter can't.
    """
    try:
        CONVERTERS[engine](module, size, folder)
    except Exception as error:
        said = " ".join(str(error).split())[:MAX_SAID]
        raise EngineError(
            f"the network can't be converted for {engine}. The converter says: {said}."
        ) from error


def to_openvino(module: Normalised, size: int, folder: Path) -> None:
    """OpenVINO's intermediate representation, in full fp32: model.xml and model.bin."""
    example = module.example(size)
    model = openvino.convert_model(
        traced(module, example), example_input=example, input=[*example.shape]
    )
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)


def traced(module: Normalised, example: torch.Tensor) -> torch.nn.Module:
    """The module, or what OpenVINO needs of one that is partly TorchScript.

    It doesn't know TorchScript's dicts; freezing takes out of them what is used.
    """
    if not any(isinstance(each, torch.jit.ScriptModule) for each in module.modules()):
        return module
    with torch.no_grad():
        whole = torch.jit.trace(module, example)  # type: ignore[no-untyped-call]  # torch's own
        frozen: torch.nn.Module = torch.jit.freeze(whole)
    return frozen


def to_torch(module: Normalised, size: int, folder: Path) -> None:
    """torch.export's program: model.pt2, which needs no source of the module to run."""
    program = torch.export.export(module, (module.example(size),))
    torch.export.save(program, folder / "model.pt2")


CONVERTERS: dict[str, Callable[[Normalised, int, Path], None]] = {
    "openvino": to_openvino,
    "torch": to_torch,
}
