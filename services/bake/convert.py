"""A torch module -> an engine's file, with the normalisation inside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openvino
import torch

from passerelle.artifact.card import Input
from services.bake import output
from services.bake.errors import EngineError
from services.model.engines import torch as torch_engine
from services.model.tensors import Tensors

Size = tuple[int, int]  # height and width of the input, in pixels
MAX_SAID = 300  # characters of a converter's error

Examples = tuple[torch.Tensor, ...]  # a network's inputs for one picture


class Names(NamedTuple):
    """What an engine's file calls its tensors."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Normalised(torch.nn.Module):
    """uint8 (1, H, W, channels) -> the outputs that count: scale, normalise, the module."""

    def __init__(
        self, module: torch.nn.Module, shape: Input, outputs: tuple[str, ...] = ("",)
    ) -> None:
        super().__init__()
        self.module = module
        self.outputs = outputs  # the names of the tensors that count: see output.py
        self.mean = torch.nn.Buffer(torch.tensor(shape.mean).reshape(1, -1, 1, 1))
        self.std = torch.nn.Buffer(torch.tensor(shape.std).reshape(1, -1, 1, 1))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The outputs that count, for a picture."""
        return output.take(self.network(pixels), self.outputs)

    def network(self, pixels: torch.Tensor) -> Any:
        """All that the module gives for a picture."""
        scaled = pixels.permute(0, 3, 1, 2).float() / 255
        return self.module((scaled - self.mean) / self.std)


class Plain(torch.nn.Module):
    """A module that takes what a handler prepares, in the order in which it names that."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module
        self.outputs: tuple[str, ...] = ("",)  # as of Normalised

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The outputs that count."""
        return output.take(self.network(*inputs), self.outputs)

    def network(self, *inputs: torch.Tensor) -> Any:
        """All that the module gives."""
        return self.module(*inputs)


def convert(
    engine: str, module: torch.nn.Module, outputs: tuple[str, ...], inputs: Tensors, folder: Path
) -> None:
    """Write a module's file for an engine.

    The module gives a tuple, whose tensors get the names `outputs`. `inputs` are those of one
    picture, by their names.

    Raises:
        EngineError: the engine's converter can't.
    """
    examples = tuple(torch.from_numpy(each) for each in inputs.values())
    try:
        CONVERTERS[engine](module, Names(tuple(inputs), outputs), examples, folder)
    except Exception as error:
        said = " ".join(str(error).split())[:MAX_SAID]
        raise EngineError(
            f"the network can't be converted for {engine}. The converter says: {said}."
        ) from error


def to_openvino(module: torch.nn.Module, names: Names, examples: Examples, folder: Path) -> None:
    """OpenVINO's intermediate representation, in full fp32: model.xml and model.bin."""
    model = openvino.convert_model(
        traced(module, examples),
        example_input=examples,
        input=[[*each.shape] for each in examples],
    )
    for ports, given in ((model.inputs, names.inputs), (model.outputs, names.outputs)):
        for port, name in zip(ports, given, strict=True):
            port.get_tensor().set_names({name})
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)


def traced(module: torch.nn.Module, examples: Examples) -> torch.nn.Module:
    """The module, or what OpenVINO needs of one that is partly TorchScript.

    It doesn't know TorchScript's dicts; freezing takes out of them what is used.
    """
    if not any(isinstance(each, torch.jit.ScriptModule) for each in module.modules()):
        return module
    with torch.no_grad():
        whole = torch.jit.trace(module, examples)  # type: ignore[no-untyped-call]  # torch's own
        frozen: torch.nn.Module = torch.jit.freeze(whole)
    return frozen


def to_torch(module: torch.nn.Module, names: Names, examples: Examples, folder: Path) -> None:
    """torch.export's program: model.pt2, which needs no source of the module to run."""
    program = torch.export.export(module, examples)
    files = {torch_engine.NAMES: json.dumps(names, allow_nan=False)}
    torch.export.save(program, folder / torch_engine.FILE, extra_files=files)


Converter = Callable[[torch.nn.Module, Names, Examples, Path], None]
CONVERTERS: dict[str, Converter] = {"openvino": to_openvino, "torch": to_torch}
