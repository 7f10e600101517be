"""JSON objects of which nothing can be read in two ways."""

import json
from typing import Any, NoReturn

MAX_MEMBERS = 200  # of an object


def loads(content: bytes) -> dict[str, Any]:
    """The JSON object that bytes are.

    Raises:
        ValueError: they are none, a name comes twice in it, or it holds what JSON doesn't have.
    """
    try:
        found = json.loads(content.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004  # as for anything else that it isn't
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members, each of which comes once."""
    found = dict(pairs)
    if len(found) != len(pairs) or len(pairs) > MAX_MEMBERS:
        raise ValueError("a name comes twice, or there are too many")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
