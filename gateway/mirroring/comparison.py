"""Two answers to one request, compared by the task's own measure.

A thread beside the event loop holds it up all the same while JSON is read, which one call does
with the interpreter's lock: 500 KB of numbers take 20 ms. So longer ones aren't compared at all.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from gateway import large_work
from gateway.route import Route
from gateway.transport import Response
from passerelle import agreement
from passerelle.server import daemon_thread

Card = Mapping[str, Any]
NOTHING: Card = {}
TENSOR = "tensor"  # the task of models that say none
COST = 10  # a comparison takes as long as other work on so many times its bytes
MAX_JSON = 500_000  # bytes of an answer; a map of classes as a PNG is bounded by its pixels
SLOW_TASKS = ("segmentation", "detection")  # whose answers take long, however few bytes they have


class Comparisons:
    """Compares answers: small ones at once, others beside the event loop, one after another."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def of(self, route: Route, expected: Response, given: Response) -> float | None:
        """How far two answers agree, 0..1; None: it can't be told.

        `route` is that of one of the models, whose card says how its answers are read.
        """
        card = route.status.card or NOTHING
        if is_too_long(expected) or is_too_long(given):
            return None
        size = COST * (len(expected.body) + len(given.body))
        if size <= large_work.LARGE and task_of(card) not in SLOW_TASKS:
            return compare(card, expected, given)
        async with self._one_at_a_time:  # in a thread that the end of the process doesn't wait for
            return await daemon_thread.run(compare, card, expected, given)


def is_too_long(response: Response) -> bool:
    """Whether an answer is one that isn't read."""
    return response.media_type != agreement.PNG and len(response.body) > MAX_JSON


def compare(card: Card, expected: Response, given: Response) -> float | None:
    """The same, here and now."""
    one, other = (agreement.read(each.media_type, each.body) for each in (expected, given))
    if one is None or other is None:
        return None
    is_multi_label = bool(card.get("multi_label"))
    found = agreement.of_answers(task_of(card), one, other, multi_label=is_multi_label)
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
