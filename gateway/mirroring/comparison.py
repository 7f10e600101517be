"""Two answers to one request, compared by the task's own measure."""

import asyncio
import contextlib
import json
import math
from collections.abc import Mapping
from typing import Any

from gateway import large_work
from gateway.route import Route
from gateway.transport import Response
from passerelle import agreement

Card = Mapping[str, Any]
Document = dict[str, Any]
NOTHING: Card = {}
TENSOR = "tensor"  # the task of models that say none
SLOW_TASKS = ("segmentation",)  # whose answers take long to compare, however few bytes they have
ERRORS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class Comparisons:
    """Compares answers: small ones at once, others beside the event loop, one after another."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def of(self, route: Route, expected: Response, given: Response) -> list[float | None]:
        """How far two answers agree, 0..1, for each picture; None: it can't be told.

        `route` is that of one of the models, whose card says how its answers are read.
        """
        card = route.status.card or NOTHING
        size = len(expected.body) + len(given.body)
        if task_of(card) in SLOW_TASKS:
            size = max(size, large_work.LARGE + 1)
        is_large = size > large_work.LARGE
        async with self._one_at_a_time if is_large else contextlib.nullcontext():
            return await large_work.run(size, compare, card, expected.body, given.body)


def compare(card: Card, expected: bytes, given: bytes) -> list[float | None]:
    """The same of the answers' bodies."""
    try:
        pairs = pictures(json.loads(expected), json.loads(given))
        task = task_of(card)
        return [of_one(task, *pair, multi_label=bool(card.get("multi_label"))) for pair in pairs]
    except ERRORS:
        return [None]


def pictures(expected: Document, given: Document) -> list[tuple[Document, Document]]:
    """The two answers to each picture of a request.

    Raises:
        ValueError: they aren't to as many.
    """
    if "results" not in expected and "results" not in given:
        return [(expected, given)]
    return list(zip(expected["results"], given["results"], strict=True))


def of_one(task: str, expected: Document, given: Document, *, multi_label: bool) -> float | None:
    """How far two answers to one picture agree; None: it can't be told."""
    found = agreement.of_answers(task, expected, given, multi_label=multi_label)
    return found if found is not None and math.isfinite(found) else None


def task_of(card: Card) -> str:
    """The task of a model."""
    return str(card.get("task", TENSOR))


def obstacle(reference: Route, other: Route) -> str:
    """Why two models' answers can't be compared, by their cards; empty where they can be."""
    first, second = (each.status.card or NOTHING for each in (reference, other))
    names = reference.model.id, other.model.id
    found = [task_of(each) for each in (first, second)]
    if found[0] != found[1]:
        return f"the task of {names[0]} is {found[0]}, that of {names[1]} {found[1]}"
    labels = [each.get("labels_sha256") for each in (first, second)]
    if None not in labels and labels[0] != labels[1]:
        return f"{names[0]} and {names[1]} have other labels"
    return ""
