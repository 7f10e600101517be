"""What every task is: from an engine's outputs to an answer, and how two answers are compared.

A task is one file of this folder, numpy alone, and its line in the table of `__init__.py`.
"""

import abc
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from passerelle.artifact.card import Card, TensorSpec
from passerelle.protocol import problems, tasks
from services.model import tensors
from services.model.placement import Placement
from services.model.tensors import Array, Tensors

Decision = Any  # what an answer comes to, as JSON has it: what is compared and measured


class UnfitOutputsError(Exception):
    """A network's outputs don't fit its task. The text says what came, and what is wanted."""


@dataclasses.dataclass(frozen=True)
class Encoded:
    """An answer that is no JSON."""

    media_type: str
    body: bytes


class Task(abc.ABC):
    """The task of one model. It keeps nothing of a request."""

    name: ClassVar[str]
    query: ClassVar[frozenset[str]] = frozenset()  # parameters that it reads of an address
    agreement_is: ClassVar[str]  # what `agreement` measures, in words
    metric: ClassVar[str | None] = None  # against labels: its name in services/bake/metrics.py
    fixed: ClassVar[bool] = True  # its outputs have the same shapes for every picture

    @classmethod
    @abc.abstractmethod
    def of(cls, card: Card, names: list[str]) -> Self:
        """The task of a model, by its card and its classes' names."""

    @classmethod
    @abc.abstractmethod
    def choose(cls, outputs: Tensors, wanted: str | None = None) -> dict[str, str]:
        """Which of a network's outputs is which of the task's: {the task's name: the network's}.

        `outputs` are all that it gave for one picture; `wanted` is the manifest's `output`.

        Raises:
            UnfitOutputsError
        """

    @classmethod
    def classes(cls, outputs: Tensors) -> int | None:  # noqa: ARG003  # for those that have some
        """How many classes the outputs tell; None where they don't, 0 where the task has none."""
        return 0

    @classmethod
    def specs(cls, given: Tensors, other: Tensors) -> tuple[TensorSpec, ...]:
        """The outputs' names, shapes and types, by two pictures'; -1 is a side that varies."""
        return tensors.specs(given, other)

    def judged_beside(self, fp32: Sequence[Tensors]) -> Self:  # noqa: ARG002  # the same
        """The task as it judges a variant, with what it takes from the fp32 model's outputs."""
        return self

    def judged_by(self, fp32: Iterable[Decision]) -> Self:  # noqa: ARG002  # the same
        """The same, with what it takes from the fp32 model's decisions."""
        return self

    @abc.abstractmethod
    def options(self, query: Mapping[str, str]) -> Any:
        """What a request asks for in its address, for `answer`.

        Raises:
            InvalidRequest
        """

    @abc.abstractmethod
    def answer(self, outputs: Tensors, placement: Placement, options: Any) -> dict[str, Any]:
        """The members of an answer, beside the model and its task.

        `outputs` have the task's names, `placement` says where the picture lies in the input.

        Raises:
            NonFiniteOutput
        """

    def encoded(
        self,
        outputs: Tensors,  # noqa: ARG002  # for those tasks that have one
        placement: Placement,  # noqa: ARG002
        options: Any,  # noqa: ARG002
        accept: str,  # noqa: ARG002
    ) -> Encoded | None:
        """The answer in the form that the request's Accept header prefers; None for JSON."""
        return None

    def located(self, outputs: Tensors, placement: Placement) -> Tensors:  # noqa: ARG002  # the same
        """The outputs, in which what has a place has it in the picture, and not in the input."""
        return outputs

    @abc.abstractmethod
    def decision(self, outputs: Tensors, placement: Placement) -> Decision:
        """What the answer comes to, as JSON has it.

        Raises:
            NonFiniteOutput
        """

    @abc.abstractmethod
    def agreement(self, expected: Decision, given: Decision) -> float:
        """How far two decisions on one picture agree, 0..1."""

    @classmethod
    def deviation(cls, expected: Tensors, given: Tensors) -> float:
        """The largest difference between two runs on one picture, as a share of the largest value.

        -inf must be where it is expected, or a number as low as float32 has them; infinite where
        the two can't be compared.
        """
        return max((deviation(given[name], each) for name, each in expected.items()), default=0.0)


def refuse_other(kind: type[Task], query: Mapping[str, str]) -> None:
    """Return only if a request asks for nothing that another task has.

    Raises:
        InvalidRequest
    """
    for name in tasks.QUERY:
        if name in query and name not in kind.query:
            known = ", ".join(sorted(kind.query)) or "nothing"
            raise problems.InvalidRequest(
                f"{name} is not for a model of the task {kind.name}. Its address may say: {known}."
            )


def deviation(given: Array, expected: Array) -> float:
    """The largest difference between two arrays, as a share of the largest expected value."""
    if given.shape != expected.shape:
        return float("inf")
    finite = np.isfinite(expected)
    lowest = np.finfo(np.float32).min / 2
    if np.isnan(given).any() or (given[~finite] > lowest).any():
        return float("inf")
    if not finite.any():
        return 0.0
    scale = float(np.abs(expected[finite]).max()) or 1.0
    return float(np.abs(given[finite] - expected[finite]).max() / scale)
