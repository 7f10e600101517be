"""A network as the bake has it: something that can be run for reference, and converted."""

import abc
from pathlib import Path
from typing import ClassVar

from passerelle.artifact.card import TensorSpec
from services.bake import origin
from services.model.tensors import Array, Tensors

TOLERANCE = 1e-3  # of the largest value: two answers that differ by less are the same


class Graph(abc.ABC):
    """A network with its weights. It takes what its engine will take."""

    engines: ClassVar[tuple[str, ...]]  # that it may be converted for
    tolerance: float = TOLERANCE  # by which its engine's answers may differ from its own

    @abc.abstractmethod
    def run(self, inputs: Tensors) -> dict[str, Array]:
        """All that it gives for one picture, by name; floating numbers as float32.

        A name is the way to a tensor in what it gives, such as `logits`, `0` or `heads.1`; one that
        stands alone has none.

        Raises:
            BakeError: it fails, in its own words.
        """

    @abc.abstractmethod
    def convert(self, engine: str, chosen: dict[str, str], inputs: Tensors, folder: Path) -> None:
        """Write an engine's file.

        `chosen` are the outputs to have, each with the name that it gets there: {new: own}.
        `inputs` are those of one picture.

        Raises:
            EngineError: the engine's converter can't.
        """

    def specs(self, seen: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
        """What its engine takes, by what was `seen` to go in."""
        return seen

    def made_by(self, inputs: Tensors, name: str) -> str:  # noqa: ARG002  # for those that know it
        """The operation that made an output: see origin.py."""
        return origin.UNKNOWN
