"""Hugging Face's parameters -> what our own API is asked with `?name=…`, by the model's task.

What is null counts as left away. What a task doesn't have, or asks for what a model of ours doesn't
do, is refused: an answer that leaves a wish unheard looks like one that heard it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from passerelle.protocol import problems

Query = dict[str, str]
Card = Mapping[str, Any]

NORMALIZE = "normalize"  # of features: the only one that is heard in the gateway


def query(parameters: Mapping[str, Any], card: Card) -> Query:
    """What a model with this card is asked with. Its task alone must be there.

    Raises:
        InvalidRequest
    """
    known = BY_TASK.get(card["task"], {})
    found: Query = {}
    for name, value in parameters.items():
        if value is None:
            continue
        if name not in known:
            raise problems.InvalidRequest(
                f'"{name:.40}" is no parameter of a model for {card["task"]}. '
                + (f"It has: {', '.join(known)}." if known else "It has none.")
            )
        found |= known[name](name, value, card)
    return found


def top(name: str, value: Any, card: Card) -> Query:
    """So many classes; all where there are fewer."""
    number = whole(value)
    if number is None or number < 1:
        raise problems.InvalidRequest(f"{name} is {shown(value)}. Use a whole number from 1 on.")
    return {"top": str(min(number, int(card.get("classes") or number)))}


def whole(value: Any) -> int | None:
    """A whole number, which an address has as a text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
    is_whole = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_whole and value == value // 1 and abs(value) < 1e9 else None


def threshold(name: str, value: Any, card: Card) -> Query:  # noqa: ARG001  # all share a signature
    """From which score on something counts."""
    try:
        number = float(value) if isinstance(value, str | int | float) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise problems.InvalidRequest(f"{name} is {shown(value)}. Use a number from 0 to 1.")
    return {"threshold": repr(number)}


def activation(name: str, value: Any, card: Card) -> Query:
    """Only that by which the model's scores are made anyway."""
    return same(name, value, str(card.get("activation") or value), "makes its scores by")


def subtask(name: str, value: Any, card: Card) -> Query:  # noqa: ARG001  # the same
    """Only a class for each pixel."""
    return same(name, value, "semantic", "has only")


def encoding(name: str, value: Any, card: Card) -> Query:  # noqa: ARG001  # the same
    """Only numbers, as the clients read no others."""
    return same(name, value, "float", "gives only")


def normalize(name: str, value: Any, card: Card) -> Query:  # noqa: ARG001  # the same
    """Whether the numbers are scaled to a length of one."""
    if value not in (True, False, "true", "false"):
        raise problems.InvalidRequest(f"{name} is {shown(value)}. Use true or false.")
    return {NORMALIZE: "true"} if value in (True, "true") else {}


def same(name: str, value: Any, only: str, verb: str) -> Query:
    """Nothing to ask for, if the value is the only one that there is.

    Raises:
        InvalidRequest
    """
    if value != only:
        raise problems.InvalidRequest(
            f"{name} is {shown(value)}, but this model {verb} {only}. Leave {name} away."
        )
    return {}


def shown(value: Any) -> str:
    """A value, cut short."""
    return repr(value)[:40]


Parameter = Callable[[str, Any, Card], Query]
BY_TASK: dict[str, dict[str, Parameter]] = {
    "classification": {"top_k": top, "function_to_apply": activation},
    "detection": {"threshold": threshold},
    "segmentation": {"mask_threshold": threshold, "subtask": subtask},
    "embedding": {NORMALIZE: normalize, "encoding_format": encoding},
}
NAMES = tuple(dict.fromkeys(name for each in BY_TASK.values() for name in each))  # of all tasks
