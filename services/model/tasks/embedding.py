"""Embedding: a model's values -> a list of numbers that is near to those of similar pictures."""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from passerelle.agreement import embedding as measure
from passerelle.artifact.card import Card
from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import number_text, outputs
from services.model.tasks.task import Task
from services.model.tensors import Tensors

EMBEDDING = "embedding"  # its one output
FORMATS = ("float", "base64")  # of its numbers in an answer


@dataclasses.dataclass(frozen=True)
class Embedding(Task):
    """A list of numbers for a picture, to be compared with others' by its direction."""

    name: ClassVar[str] = "embedding"
    query: ClassVar[frozenset[str]] = frozenset({"encoding_format"})
    agreement_is: ClassVar[str] = measure.MEASURE
    metric: ClassVar[str] = "recall1"

    @classmethod
    def of(cls, card: Card, names: list[str]) -> Self:  # noqa: ARG003  # it has no classes
        """The task of any model."""
        return cls()

    @classmethod
    def choose(cls, given: Tensors, wanted: str | None = None) -> dict[str, str]:
        """The output with one row of numbers: (1, n), or the same in another shape.

        Raises:
            UnfitOutputsError
        """
        what = "(1, n), one row of numbers: no embedding"
        return {EMBEDDING: outputs.only(given, wanted, outputs.is_row, what)}

    def options(self, query: Mapping[str, str]) -> str:
        """The form of the numbers that a request asks for.

        Raises:
            InvalidRequest
        """
        return parse_format(query.get("encoding_format"))

    def answer(self, given: Tensors, placement: Placement, options: str) -> dict[str, Any]:  # noqa: ARG002  # the picture's place doesn't matter
        """The numbers as a list, or little-endian float32 in base64.

        Raises:
            NonFiniteOutput
        """
        row = number_text.finite(given[EMBEDDING]).reshape(-1).astype("<f4")
        text = base64.b64encode(row.tobytes()).decode() if options == "base64" else None
        return {"embedding": text or number_text.floats(row), "dimensions": len(row)}

    def decision(self, given: Tensors, placement: Placement) -> list[float]:  # noqa: ARG002  # the same
        """The numbers.

        Raises:
            NonFiniteOutput
        """
        return number_text.floats(number_text.finite(given[EMBEDDING]).reshape(-1))

    def agreement(self, expected: list[float], given: list[float]) -> float:
        """The cosine of the angle between the two, and 0 where it is obtuse, or there is none."""
        return measure.of_decisions(expected, given)


def parse_format(text: str | None) -> str:
    """The form of numbers that a request asks for with `?encoding_format=`; `float` unless it does.

    Raises:
        InvalidRequest
    """
    if text is not None and text not in FORMATS:
        raise problems.InvalidRequest(
            f"encoding_format is {text[:20]!r}. Use float for a list of numbers, or base64."
        )
    return text or FORMATS[0]
