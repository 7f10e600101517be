"""Tensor: a model's outputs as they are, for a client that knows what they mean."""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from passerelle.agreement import tensor as measure
from passerelle.agreement import values as compared
from passerelle.artifact.card import Card
from services.model import tensors
from services.model.placement import Placement
from services.model.tasks import embedding, number_text, outputs
from services.model.tasks.task import Task, UnfitOutputsError
from services.model.tensors import Array, Tensors

MAX_VALUES = 2_000_000  # of all outputs together: some 20 MB of JSON
UNNAMED = "output"  # the name of one that stands alone


@dataclasses.dataclass(frozen=True)
class RawTensors(Task):
    """All outputs, or those that the manifest names."""

    name: ClassVar[str] = "tensor"
    query: ClassVar[frozenset[str]] = frozenset({"encoding_format"})
    agreement_is: ClassVar[str] = measure.MEASURE
    fixed: ClassVar[bool] = False

    @classmethod
    def of(cls, card: Card, names: list[str]) -> Self:  # noqa: ARG003  # it has no classes
        """The task of any model."""
        return cls()

    @classmethod
    def choose(cls, given: Tensors, wanted: str | None = None) -> dict[str, str]:
        """All outputs, or the one that is wanted with those within it.

        Raises:
            UnfitOutputsError: there is none of that name, or they hold too many values.
        """
        found = outputs.within(given, wanted)
        unknown = {
            name: each for name, each in found.items()
            if tensors.datatype(each) not in tensors.DATATYPES
        }  # fmt: skip
        if unknown:
            raise UnfitOutputsError(f"gives {tensors.listed(unknown)}, a type that no answer has.")
        size = sum(each.size for each in found.values())
        if size > MAX_VALUES:
            raise UnfitOutputsError(
                f"gives {size:,} values ({tensors.listed(found)}), more than the {MAX_VALUES:,} of "
                "an answer. Name one with output:, or write a handler that makes an answer of them."
            )
        return {name or UNNAMED: name for name in found}

    def options(self, query: Mapping[str, str]) -> str:
        """The form of the numbers that a request asks for.

        Raises:
            InvalidRequest
        """
        return embedding.parse_format(query.get("encoding_format"))

    def answer(self, given: Tensors, placement: Placement, options: str) -> dict[str, Any]:  # noqa: ARG002  # the picture's place doesn't matter
        """Each output: its name, shape and type, and its values in the order of memory.

        As base64 they are little-endian.

        Raises:
            NonFiniteOutput
        """
        return {
            "outputs": [
                {
                    "name": name,
                    "shape": list(each.shape),
                    "datatype": tensors.datatype(each),
                    "data": data(number_text.finite(each), options),
                }
                for name, each in given.items()
            ]
        }

    def decision(self, given: Tensors, placement: Placement) -> dict[str, Any]:  # noqa: ARG002  # the same
        """The shapes, and of each output values that are evenly taken.

        Raises:
            NonFiniteOutput
        """
        shapes = {name: list(each.shape) for name, each in given.items()}
        values: list[float] = []
        for each in given.values():
            flat = number_text.finite(each).reshape(-1)
            values += number_text.floats(flat[:: compared.every(len(flat))])
        return {"shapes": shapes, "values": values}

    def agreement(self, expected: dict[str, Any], given: dict[str, Any]) -> float:
        """The cosine of the angle between all values; 0 where a shape is another."""
        return measure.of_decisions(expected, given)


def data(values: Array, form: str) -> str | list[Any]:
    """The values of an output as an answer has them."""
    little = values.reshape(-1).astype(values.dtype.newbyteorder("<"))
    if form == "base64":
        return base64.b64encode(little.tobytes()).decode()
    return number_text.floats(little) if little.dtype.kind == "f" else little.tolist()
