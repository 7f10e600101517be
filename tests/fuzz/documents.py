"""JSON documents made odd: a value in some place becomes another, or goes."""

import copy
import json
import random
from typing import Any

MAX_CHANGES = 2  # of one document
TOO_DEEP, TOO_LARGE = "<deep>", "<1e999>"  # what json.dumps can't write; see `text`
ODD: tuple[Any, ...] = (
    None, True, False, {}, {"": None}, TOO_DEEP, TOO_LARGE,
    -1, 0, 1, 2, 3, 4, 7, 1 << 31, (1 << 61) + 1, 1 << 64, 10**400,
    0.5, -0.0, 1e308, float("nan"), float("inf"),
    "", "0", "x" * 5000, "\ud800", "\0", "BYTES", "FP16", "FP32", "UINT8", "BOOL", "image",
    "pixels", [], [[]], [1], [-1], [0], [[1, 2], [3]], [1] * 1000,
    [0, 1 << 61], [1 << 61, 0], [0, 1 << 61, 1 << 61], [1 << 61] * 5000,
    {"binary_data_size": 3}, {"binary_data": True}, {"classification": 1 << 70},
)  # fmt: skip
KEYS = ("parameters", "data", "shape", "name", "binary_data_size", "binary_data", "classification")


def changed(document: Any, chance: random.Random) -> Any:
    """A copy of a document with a few odd values."""
    made = json.loads(json.dumps(document))
    for _ in range(chance.randint(1, MAX_CHANGES)):
        places = walk(made)
        if not places:
            return odd(chance)
        container, key = chance.choice(places)
        if chance.random() < 0.15:
            del container[key]
        elif chance.random() < 0.15 and isinstance(container, dict):
            container[chance.choice(KEYS)] = odd(chance)
        elif chance.random() < 0.15 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            container[key] = odd(chance)
    return made


def odd(chance: random.Random) -> Any:
    """An odd value of the document's own."""
    return copy.deepcopy(chance.choice(ODD))


def walk(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key there."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    found = [(value, key) for key in keys]
    return found + [each for key in keys for each in walk(value[key])]


def text(document: Any) -> bytes:
    """A document as JSON, with what Python's json would not write."""
    written = json.dumps(document).encode()
    return written.replace(b'"<deep>"', b"[" * 50_000).replace(b'"<1e999>"', b"1e999")
