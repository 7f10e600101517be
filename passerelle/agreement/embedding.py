"""Embedding: two answers agree by the cosine of the angle between them.

Of more than 20,000 numbers so many are compared, evenly taken.
"""

import array
import math
import operator
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from passerelle.agreement import values

MEASURE = "cosine similarity"
FLOAT32 = 4  # bytes
MAX_SHOWN = 3  # numbers in a summary


def of_decisions(expected: Sequence[float], given: Sequence[float]) -> float:
    """The cosine of the angle between two rows; 0 where it is obtuse, or one is longer."""
    if len(expected) != len(given):
        return 0.0
    step = values.every(len(expected))
    return cosine(expected[::step], given[::step])


def of_answers(
    expected: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    multi_label: bool,  # noqa: ARG001  # of another task
) -> float | None:
    """The same of answers, whose numbers are a list, or little-endian float32 in base64."""
    one, other = decision(expected), decision(given)
    if one is None or other is None:
        return None
    if len(one) != len(other):
        return 0.0
    rows = [values.numbers(each[:: values.every(len(each))]) for each in (one, other)]
    first, second = rows
    return None if first is None or second is None else cosine(first, second)


def decision(answer: Mapping[str, Any]) -> Sequence[Any] | None:
    """What an answer has as its numbers, of which none is looked at; None where there are none."""
    given = answer.get("embedding")
    if isinstance(given, list):
        return given or None
    packed = values.decoded(given)
    if not packed or len(packed) % FLOAT32:
        return None
    found = array.array("f", packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two rows of a length, 0..1; rows of noughts are alike."""
    largest = [max(map(abs, each), default=0.0) for each in (one, other)]
    if not all(largest):
        return float(largest[0] == largest[1])
    # As shares of the largest number, so that no square is too large or too small.
    first, second = (
        [number / most for number in each] for each, most in zip((one, other), largest, strict=True)
    )
    lengths = math.sqrt(dot(first, first)) * math.sqrt(dot(second, second))
    return min(max(dot(first, second) / lengths, 0.0), 1.0)


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """The sum of the products of two rows."""
    return float(sum(map(operator.mul, one, other)))


def summary(answer: Mapping[str, Any], /) -> str:
    """How many numbers there are, and the first: `512 numbers: 0.12, -0.3, 0.05, …`."""
    found = decision(answer)
    first = values.numbers(found[:MAX_SHOWN]) if found else None
    if not found or first is None:
        return ""
    more = ", …" if len(found) > MAX_SHOWN else ""
    return f"{len(found):,} number{'s' * (len(found) != 1)}: {values.listed(first)}{more}"
