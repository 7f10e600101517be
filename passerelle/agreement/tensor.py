"""Tensor: two answers agree by the cosine of the angle between all their values.

Of each output no more than 20,000 are compared, evenly taken. What a handler answers in a form of
its own (`result`) has no measure.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from passerelle.agreement import embedding, values

MEASURE = "cosine similarity"
MAX_DIMENSIONS = 64
MAX_SHOWN, FIRST = 3, 3  # outputs in a summary, and values of each
# How `struct` calls the types of values in base64.
CODES = {
    "BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b",
    "INT16": "h", "INT32": "i", "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip

Shape = list[int]


def of_decisions(expected: Mapping[str, Any], given: Mapping[str, Any]) -> float:
    """The cosine of the angle between all values; 0 where a shape is another.

    A decision is the `shapes` by the outputs' names, and the `values` of all of them.
    """
    if expected["shapes"] != given["shapes"]:
        return 0.0
    return embedding.of_decisions(expected["values"], given["values"])


def of_answers(
    expected: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    multi_label: bool,  # noqa: ARG001  # of another task
) -> float | None:
    """The same of answers, whose values are lists, or little-endian in base64."""
    one, other = outputs(expected), outputs(given)
    if one is None or other is None:
        return None
    if {name: shape for name, (shape, _) in one.items()} != {
        name: shape for name, (shape, _) in other.items()
    }:
        return 0.0
    rows = [[number for name in one for number in each[name][1]] for each in (one, other)]
    return embedding.of_decisions(*rows)


def outputs(answer: Mapping[str, Any]) -> dict[str, tuple[Shape, Sequence[float]]] | None:
    """The shape and the compared values of each output, by its name; None where one has none."""
    given = answer.get("outputs")
    if not isinstance(given, list) or not given:
        return None
    found: dict[str, tuple[Shape, Sequence[float]]] = {}
    for each in given:
        made = _output(each) if isinstance(each, Mapping) else None
        name = each.get("name") if made else None
        if made is None or not isinstance(name, str) or name in found:
            return None
        found[name] = made
    return found


def _output(given: Mapping[str, Any]) -> tuple[Shape, Sequence[float]] | None:
    """The shape and the compared values of one output."""
    shape, data = given.get("shape"), given.get("data")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        return None
    if not all(type(side) is int and side >= 0 for side in shape):
        return None
    if not isinstance(data, list):
        data = _unpacked(data, given.get("datatype"))
    if data is None or len(data) != math.prod(shape):
        return None
    compared = values.numbers(data[:: values.every(len(data))])
    return None if compared is None else (shape, compared)


def _unpacked(text: Any, datatype: Any) -> Sequence[Any] | None:
    """The values in a text of base64."""
    code = CODES.get(datatype) if isinstance(datatype, str) else None
    packed = values.decoded(text)
    if code is None or packed is None or len(packed) % struct.calcsize(f"<{code}"):
        return None
    return struct.unpack(f"<{len(packed) // struct.calcsize(f'<{code}')}{code}", packed)


def summary(answer: Mapping[str, Any], /) -> str:
    """The outputs' shapes and first values: `logits 1 x 3: 0.12, -0.3, 0.05`."""
    found = outputs(answer)
    if found is None:
        return ""
    shown = [
        f"{name} {' x '.join(map(str, shape))}: {values.listed(compared[:FIRST])}"
        + (", …" if len(compared) > FIRST else "")
        for name, (shape, compared) in list(found.items())[:MAX_SHOWN]
    ]
    return "; ".join(shown) + ("; …" if len(found) > MAX_SHOWN else "")
