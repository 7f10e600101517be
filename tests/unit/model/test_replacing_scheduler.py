"""Slots whose work may hang: nobody waits beyond their time, and no slot is lost."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from passerelle.protocol import problems
from passerelle.server import log
from services.model import replacing_scheduler
from services.model.engines.engine import Infer
from services.model.handled import Handled
from services.model.handled_slot import HandledSlot
from services.model.handler import Handler, HandlerError
from services.model.replacing_scheduler import ReplacingScheduler

WITHIN = 5.0  # seconds that a thread may take


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was written into the log."""
    lines: list[str] = []
    monkeypatch.setattr(log, "write", lambda _, message, **__: lines.append(message))
    return lines


@pytest.fixture
def hang() -> Iterator[Callable[[Infer], str]]:
    """Work that hangs until the test is over."""
    over = threading.Event()
    yield lambda _: "late" if over.wait(60) else "never"
    over.set()


def scheduler(count: int = 1, stuck_after: float = 0.0, **options: Any) -> ReplacingScheduler:
    slots = [
        HandledSlot(lambda _: {}, lambda: Handled(Handler("handlers:Own", None), "tensor"))
        for _ in range(count)
    ]
    exhausted = options.pop("on_exhausted", lambda _: None)
    return ReplacingScheduler(slots, exhausted, stuck_after, **options)


async def run(given: ReplacingScheduler, work: Any, deadline: float | None = None) -> Any:
    slot = await asyncio.wait_for(given.acquire(), WITHIN)
    return await asyncio.wait_for(given.run(slot, work, deadline), WITHIN)


async def test_work_that_ends_is_answered_and_its_slot_released() -> None:
    given = scheduler(stuck_after=60)
    for _ in range(3):
        assert await run(given, lambda slot: slot.name) == "handlers:Own"


async def test_what_work_raises_is_raised() -> None:
    given = scheduler(stuck_after=60)

    def fails(_: Infer) -> None:
        raise problems.InternalError("why")

    for _ in range(2):
        with pytest.raises(problems.InternalError, match="why"):
            await run(given, fails)


async def test_a_request_waits_no_longer_than_its_time(hang: Any) -> None:
    given = scheduler(2, stuck_after=60, clock=lambda: 100.0)
    with pytest.raises(problems.GatewayTimeout, match="before the model's own code had answered"):
        await run(given, hang, deadline=100.0)
    assert await run(given, lambda _: "other") == "other"  # in the other slot


async def test_a_slot_that_hangs_is_replaced(hang: Any, written: list[str]) -> None:
    given = scheduler()
    first = await given.acquire()
    with pytest.raises(problems.GatewayTimeout, match="hangs on this picture"):
        await asyncio.wait_for(given.run(first, hang), WITHIN)
    second = await asyncio.wait_for(given.acquire(), WITHIN)
    assert second is not first
    with pytest.raises(HandlerError, match="given up"):
        first({})
    assert written == ["handlers:Own hangs; 1 of its threads do now"]


async def test_work_that_comes_back_late_brings_no_slot_too_many() -> None:
    given, back = scheduler(), threading.Event()
    with pytest.raises(problems.GatewayTimeout):
        await run(given, lambda _: back.wait(WITHIN))
    second = await asyncio.wait_for(given.acquire(), WITHIN)
    given._stuck_after = 60
    back.set()
    given._release(second)
    for _ in range(3):
        assert await run(given, lambda slot: slot) is second
    assert given._idle == [second]


async def test_when_too_many_hang_there_is_an_end(hang: Any) -> None:
    reasons: list[str] = []
    given = scheduler(on_exhausted=reasons.append)
    for _ in range(replacing_scheduler.MAX_GIVEN_UP + 1):
        assert reasons == []
        with pytest.raises(problems.GatewayTimeout):
            await run(given, hang)
    assert reasons == ["its handler hangs on 5 pictures at once"]


async def test_where_no_handler_can_be_made_any_more_there_is_an_end(hang: Any) -> None:
    ended = asyncio.Event()
    reasons: list[str] = []

    def exhausted(reason: str) -> None:
        reasons.append(reason)
        ended.set()

    given = scheduler(on_exhausted=exhausted)
    slot = await given.acquire()
    assert isinstance(slot, HandledSlot)

    def fails() -> Handled:
        raise HandlerError("no file any more")

    slot._make = fails
    with pytest.raises(problems.GatewayTimeout):
        await asyncio.wait_for(given.run(slot, hang), WITHIN)
    await asyncio.wait_for(ended.wait(), WITHIN)
    assert reasons == ["no new handler can be made: no file any more"]
