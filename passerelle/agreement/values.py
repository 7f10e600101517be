"""Numbers and classes in JSON of whatever form."""

import array
import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

COMPARED = 10_000  # of a row of numbers that are compared, evenly taken

Class = int | str  # its number; its name, where the answer gives none


def number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    if type(value) not in {int, float}:
        return None
    try:
        found = float(value)
    except OverflowError:  # a whole number past what a float has
        return None
    return found if math.isfinite(found) else None


def numbers(values: Iterable[Any]) -> Sequence[float] | None:
    """Finite numbers, a yes or no among them as 1 or 0; None where any is something else."""
    try:
        found = array.array("d", values)
    except (TypeError, OverflowError):
        return None
    return found if all(map(math.isfinite, found)) else None


def every(count: int) -> int:
    """Of a row of so many numbers, which are compared: one in so many, from the first on."""
    return max(count // COMPARED, 1)


def decoded(text: Any) -> bytes | None:
    """What a text in base64 holds; None where it is none."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None


def class_of(found: Any) -> Class | None:
    """The class of an answer's row; None where it names none."""
    if not isinstance(found, Mapping):
        return None
    class_id, label = found.get("class_id"), found.get("label")
    if type(class_id) is int:
        return class_id
    return label if isinstance(label, str) and class_id is None else None


def rows(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]] | None:
    """The objects of a list in an answer, each with a class; None where it isn't that.

    All classes are numbers, or all are names.
    """
    found = answer.get(name)
    if not isinstance(found, list):
        return None
    kinds = {type(class_of(each)) for each in found}
    return found if len(kinds) <= 1 and type(None) not in kinds else None


def are_comparable(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether the classes of two answers' rows are both numbers, or both names."""
    return not (one and other) or type(class_of(one[0])) is type(class_of(other[0]))


def name(found: Mapping[str, Any]) -> str:
    """What people call a row's class."""
    label = found.get("label")
    return label if isinstance(label, str) and label else str(class_of(found))


def listed(numbers: Iterable[float]) -> str:
    """Numbers in three digits or so."""
    return ", ".join(f"{each:.3g}" for each in numbers)
