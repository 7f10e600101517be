"""A torch module as a graph: run by torch itself, before any engine is made of it.

What is wrong with a network shows here, in its own words, and not in those of a converter.
"""

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from passerelle.artifact.card import BY_HANDLER, Input
from services.bake import channels, convert, origin, output
from services.bake.convert import Normalised, Plain
from services.bake.errors import ForwardError, OutputError
from services.bake.graph import Graph
from services.model import tensors
from services.model.tensors import Array, Tensors

OURS = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(torch.__file__).parent}{os.sep}")


class TorchGraph(Graph):
    """A module, behind what makes its input of a picture's pixels."""

    engines: ClassVar[tuple[str, ...]] = tuple(convert.CONVERTERS)

    def __init__(
        self, model_id: str, architecture: str, module: torch.nn.Module, shape: Input
    ) -> None:
        self._model_id, self._architecture, self._shape = model_id, architecture, shape
        is_prepared = shape == BY_HANDLER
        self.module = (Plain(module) if is_prepared else Normalised(module, shape)).eval()

    def run(self, inputs: Tensors) -> dict[str, Array]:
        """All that the module gives for a picture, by name.

        Raises:
            ArchitectureError: it takes pictures of other channels.
            ForwardError: it fails for another reason, with its own error and the line of it.
            OutputError: there is no tensor in what it gives.
        """
        try:
            given = self._called(self.module.network, inputs)
        except ForwardError:
            if self._shape == BY_HANDLER:
                raise
            channels.require(self._architecture, self.module.module, self._shape)
            raise
        found = output.tensors(given)
        if not found:
            kind = type(given).__name__
            raise OutputError(f"{self._model_id} gives {kind} without a tensor in it.")
        return {name: array(each) for name, each in found.items()}

    def convert(self, engine: str, chosen: dict[str, str], inputs: Tensors, folder: Path) -> None:
        """Write an engine's file.

        Raises:
            EngineError: the engine's converter can't.
        """
        self.module.outputs = tuple(chosen.values())
        convert.convert(engine, self.module, tuple(chosen), inputs, folder)

    def made_by(self, inputs: Tensors, name: str) -> str:
        """The operation that made an output."""

        def run(*given: torch.Tensor) -> torch.Tensor:
            return output.tensors(self.module.network(*given))[name]

        _, made_by = self._called(lambda *given: origin.of(lambda: run(*given)), inputs)
        return str(made_by)

    def _called(self, function: Callable[..., Any], inputs: Tensors) -> Any:
        """What a function gives for a batch of one picture.

        Raises:
            ForwardError
        """
        try:
            with torch.no_grad():
                return function(*(torch.from_numpy(each) for each in inputs.values()))
        except Exception as error:
            raise ForwardError(
                f"{self._model_id} fails on a picture: {described(error)}. {self._is_given(inputs)}"
            ) from error

    def _is_given(self, inputs: Tensors) -> str:
        """What the network is given, and what to look at."""
        if self._shape == BY_HANDLER:
            return f"Its handler gives it {tensors.listed(inputs)}, in this order."
        _, height, width, depth = inputs[tensors.PIXELS].shape
        return (
            f"It is given one picture as float32 (1, {depth}, {height}, {width}), with weights in "
            "float32, on the processor; check that the network takes that, and input: {size: …}."
        )


def array(tensor: torch.Tensor) -> Array:
    """A tensor's values; floating numbers of any width as float32."""
    found = tensor.detach().cpu()
    values: Array = (found.float() if found.is_floating_point() else found).numpy()
    return np.array(values)  # of its own: a network may give its buffer again


def described(error: Exception) -> str:
    """An error of the network's: its type, what it says, and where in the network it was raised."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    said = lines[-1 if "TorchScript" in str(error) else 0]  # whose traceback comes first
    text = f"{type(error).__name__}: {said[:300]}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((*OURS, "<"))]
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text
