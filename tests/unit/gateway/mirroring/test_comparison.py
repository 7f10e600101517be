"""Two answers to one request, compared."""

import asyncio
import json
import math
from typing import Any

import pytest

from gateway import large_work
from gateway.mirroring import comparison
from gateway.mirroring.comparison import Comparisons
from gateway.transport import Response
from passerelle import agreement
from passerelle.server import daemon_thread
from tests.unit.gateway.mirroring import mirrored

LARGE = large_work.LARGE // comparison.COST  # bytes


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """In place of the measures: how far answers agree is written into the second."""
    found = []

    def of_answers(task: str, _: Any, given: Any, *, multi_label: bool = False) -> float | None:
        found.append((task, multi_label))
        value: float | None = given["agrees"]
        return value

    monkeypatch.setattr(agreement, "of_answers", of_answers)
    return found


def body(document: Any) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(document).encode())


async def test_the_cards_task_and_labels_say_how(asked: list[tuple[str, bool]]) -> None:
    card = {"task": "classification", "multi_label": True}
    for each in (card, None):
        route = mirrored.route("old", card=each)
        assert await Comparisons().of(route, body({}), body({"agrees": 0.5})) == 0.5
    assert asked == [("classification", True), ("tensor", False)]


@pytest.mark.parametrize(("expected", "given"), [([], {}), ({}, []), ({}, {"agrees": math.nan})])
async def test_what_makes_no_sense_can_not_be_compared(expected: Any, given: Any) -> None:
    found = await Comparisons().of(mirrored.route("old"), body(expected), body(given))
    assert found is None


@pytest.mark.parametrize(("task", "padding", "beside"), [
    ("classification", 0, 0), ("classification", LARGE, 2), ("segmentation", 0, 2),
    ("detection", 0, 2),
])  # fmt: skip
async def test_what_takes_long_is_compared_beside_the_loop_one_after_another(
    monkeypatch: pytest.MonkeyPatch, task: str, padding: int, beside: int
) -> None:
    running, most, threads = 0, 0, 0

    async def run(work: Any, *given: Any) -> Any:
        nonlocal running, most, threads
        threads += 1
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return work(*given)

    monkeypatch.setattr(daemon_thread, "run", run)
    comparisons, route = Comparisons(), mirrored.route("old", card={"task": task})
    answers = body({}), body({"agrees": 1.0, "padding": "x" * padding})
    found = await asyncio.gather(*(comparisons.of(route, *answers) for _ in range(2)))
    assert (found, threads, most) == ([1.0, 1.0], beside, min(beside, 1))


async def test_what_takes_long_to_read_is_not_compared(
    asked: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "MAX_JSON", 100)
    long, short = body({"agrees": 1.0, "padding": "x" * 100}), body({"agrees": 1.0})
    route = mirrored.route("old")
    for pair in ((long, short), (short, long)):
        assert await Comparisons().of(route, *pair) is None
    assert asked == []
    assert await Comparisons().of(route, short, short) == 1.0
    picture = Response(200, {"content-type": "image/png"}, b"x" * 101)  # by its pixels
    assert not comparison.is_too_long(picture)


@pytest.mark.parametrize(("card", "expected"), [
    ({"task": "classification"}, ""),
    ({"task": "classification", "labels_sha256": "b"}, "old and new have other labels"),
    ({"task": "classification", "labels_sha256": "a"}, ""),
    ({"task": "detection"}, "the task of old is classification, that of new detection"),
    (None, "the task of old is classification, that of new tensor"),
])  # fmt: skip
def test_models_of_other_tasks_or_labels_are_not_compared(card: Any, expected: str) -> None:
    own = {"task": "classification", "labels_sha256": "a"}
    old, new = mirrored.route("old", card=own), mirrored.route("new", card=card)
    assert comparison.obstacle(old, new) == expected
