"""The parts of one picture that a request asks about, each by its box."""

import dataclasses
import json
import math
from typing import Any, NamedTuple

from passerelle.protocol import problems
from passerelle.server.pictures import sending

FIELD = "boxes"
MAX_TEXT = 1_000_000  # bytes of the boxes in a form
HOW_TO_WRITE = 'Write {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 90}, in pixels.'


class Box(NamedTuple):
    """Its edges, in pixels of the upright picture; nobody has looked yet whether they lie in it."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclasses.dataclass(frozen=True)
class Parts:
    """One picture's file, and the boxes of those parts of it that are each answered by itself."""

    encoded: bytes
    boxes: tuple[Box, ...]


def parse(text: bytes, limit: int) -> tuple[Box, ...]:
    """The boxes of a form's field, a list in JSON, of `limit` at most.

    Raises:
        As `checked`.
    """
    if len(text) > MAX_TEXT:
        raise problems.ContentTooLarge(
            f'The field "{FIELD}" has more than {MAX_TEXT:,} bytes. Send fewer boxes at once.'
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(
            f'The field "{FIELD}" is not valid JSON. Write a list of boxes into it, such as '
            '[{"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 90}].'
        ) from None
    return checked(document, limit)


def checked(document: Any, limit: int) -> tuple[Box, ...]:
    """A list of boxes as a request has it.

    Raises:
        InvalidRequest: it is none, or one of them isn't a box.
        ContentTooLarge: more than `limit`.
    """
    if not isinstance(document, list) or not document:
        found = "an empty list" if document == [] else "no list"
        raise problems.InvalidRequest(
            f'"{FIELD}" is {found}. Write a box for each part of the picture, or leave it out.'
        )
    if len(document) > limit:
        raise problems.ContentTooLarge(
            f"The request has {len(document):,} boxes, more than {limit:,}. Send fewer at once."
        )
    return tuple(_box(each, number) for number, each in enumerate(document))


def _box(value: Any, number: int) -> Box:
    """One of them. What a box has beside its edges doesn't matter."""
    given = value if isinstance(value, dict) else {}
    edges = [_edge(given.get(name)) for name in Box._fields]
    missing = [name for name, edge in zip(Box._fields, edges, strict=True) if edge is None]
    if missing:
        raise problems.InvalidRequest(
            f"{FIELD}[{number}] has no number in {', '.join(missing)}. {HOW_TO_WRITE}"
        )
    return Box(*(edge for edge in edges if edge is not None))


def _edge(value: Any) -> float | None:
    """A finite number of JSON's; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def of_one(found: sending.Found, boxes: tuple[Box, ...]) -> Parts:
    """The parts of a request's only picture.

    Raises:
        InvalidRequest: it has several.
    """
    if not isinstance(found, bytes):
        raise problems.InvalidRequest(
            f'"{FIELD}" are of one picture, and the request has several. Send one for each picture.'
        )
    return Parts(found, boxes)
