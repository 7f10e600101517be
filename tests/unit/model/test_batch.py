"""Several pictures of one request: each in its place, in turn with other requests."""

import asyncio
import functools
import json
import threading
import weakref
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest

from passerelle.protocol import answers, problems, trace
from passerelle.server.pictures.sending import Encoded
from passerelle.server.span import Span
from services.model import batch
from services.model.batch import Batch
from services.model.engines.engine import Infer
from services.model.scheduler import Scheduler

WITHIN = 5.0  # seconds that a thread may take
T = TypeVar("T")


def infer(_: Any) -> Any:
    """A slot's; no work here calls it."""


def pictures(count: int) -> list[Encoded]:
    """Pictures whose bytes are their numbers."""
    return [functools.partial(bytes, [number]) for number in range(count)]


def span() -> Span:
    return Span(trace.read({"x-request-id": "mine"}), 0.0)


def number(picture: Encoded, own: Span, _: Infer) -> bytes:
    """In place of decoding and inference: a picture's number."""
    with own.step("decode"):
        return b'{"number": %d}' % picture()[0]


async def soon(awaited: Awaitable[T]) -> T:
    """What must come, or else fails the test."""
    return await asyncio.wait_for(awaited, WITHIN)


async def run(
    count: int, work: batch.Work[Encoded, bytes] = number, slots: int = 2, **given: Any
) -> list[batch.Result[bytes]]:
    found = Batch(pictures(count), work, given.pop("span", span()))
    return await soon(
        found.run(**{"scheduler": Scheduler([infer] * slots), "deadline": None} | given)
    )


def documents(results: list[batch.Result[bytes]]) -> list[dict[str, Any]]:
    return [json.loads(batch.text(each)) for each in results]


async def test_results_are_in_the_pictures_order_whichever_is_ready_first() -> None:
    third = threading.Event()

    def work(picture: Encoded, *_: object) -> bytes:
        if picture()[0] == 0:
            third.wait(WITHIN)
        if picture()[0] == 2:
            third.set()
        return b'{"number": %d}' % picture()[0]

    found = await run(3, work)
    assert documents(found) == [{"number": 0}, {"number": 1}, {"number": 2}]


async def test_all_slots_that_are_idle_are_taken_at_once_and_no_more() -> None:
    beside, at_once, lock = threading.Barrier(3), list[int](), threading.Lock()
    working = set[int]()

    def work(picture: Encoded, *_: object) -> bytes:
        with lock:
            working.add(picture()[0])
            at_once.append(len(working))
        beside.wait(WITHIN)
        with lock:
            working.remove(picture()[0])
        return b"{}"

    await run(9, work, slots=3)
    assert max(at_once) == 3


async def test_what_is_wrong_with_one_picture_is_answered_in_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(picture: Encoded, *_: object) -> bytes:
        if picture()[0] == 1:
            raise problems.UnprocessableContent("It is broken.")
        if picture()[0] == 2:
            raise RuntimeError("a secret")
        return b'{"number": %d}' % picture()[0]

    found = await run(4, work)
    first, second, third, last = documents(found)
    assert (first, last) == ({"number": 0}, {"number": 3})
    broken = {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}
    assert second == {"problem": broken}
    assert third["problem"]["status"] == 500
    assert "secret" not in third["problem"]["detail"]
    assert isinstance(found[1].problem, problems.UnprocessableContent)
    assert '"request_id": "mine"' in (log := capsys.readouterr().out)
    assert "a secret" in log


class Pixels:
    """What decoding makes, and a traceback holds."""


async def test_what_a_broken_picture_was_decoded_to_is_not_kept_with_its_problem() -> None:
    made = list[weakref.ref[Pixels]]()

    def decode() -> None:
        pixels = Pixels()
        made.append(weakref.ref(pixels))
        raise OSError("broken")

    def work(*_: object) -> bytes:
        pixels = Pixels()
        made.append(weakref.ref(pixels))
        try:
            decode()
        except OSError:
            raise problems.UnprocessableContent("It is broken.") from None
        return b"{}"

    found = await run(3, work)
    assert [each.problem is not None for each in found] == [True] * 3
    assert [each() for each in made] == [None] * 6


async def test_values_that_json_does_not_have_are_a_problem_of_their_picture() -> None:
    found = await run(1, lambda *_: batch.encoded({"score": float("nan")}))
    assert documents(found)[0]["problem"]["status"] == 500


async def test_the_steps_of_all_pictures_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 0.0)
    whole = span()

    def work(_: Encoded, own: Span, __: Infer) -> bytes:
        own.steps["infer"] = 0.25
        return b"{}"

    await run(3, work, span=whole)
    assert whole.steps == {"queue": 0.0, "infer": 0.75}


async def test_a_batch_waits_with_one_picture_and_behind_those_who_came_before() -> None:
    scheduler, order = Scheduler([infer], max_queued=2), list[str]()

    def work(picture: Encoded, *_: object) -> bytes:
        order.append(f"picture {picture()[0]}")
        return b"{}"

    slot = await scheduler.acquire()
    many = asyncio.create_task(Batch(pictures(3), work, span()).run(scheduler, None))
    await asyncio.sleep(0)  # lets it begin
    assert scheduler.queued == 1
    one = asyncio.create_task(scheduler.acquire())
    await asyncio.sleep(0)
    with pytest.raises(problems.ServiceUnavailable):  # the queue is full, for newcomers
        await scheduler.acquire()
    await scheduler.run(slot, lambda _: order.append("before"))
    await scheduler.run(await soon(one), lambda _: order.append("one"))
    await soon(many)
    assert order == ["before", "picture 0", "one", "picture 1", "picture 2"]
    assert scheduler.queued == 0


class Held:
    """Work that doesn't end before the test says so."""

    def __init__(self) -> None:
        self.begun, self.go_on = list[int](), threading.Event()

    def __call__(self, picture: Encoded, *_: object) -> bytes:
        self.begun.append(picture()[0])
        self.go_on.wait(WITHIN)
        return b"{}"


async def is_idle(scheduler: Scheduler) -> bool:
    """Whether each slot comes back."""
    return await soon(scheduler.acquire(is_admitted=True)) is infer


async def test_who_hangs_up_lets_no_further_picture_begin() -> None:
    scheduler, held = Scheduler([infer] * 2), Held()
    many = asyncio.create_task(Batch(pictures(9), held, span()).run(scheduler, None))
    await asyncio.sleep(0)  # lets it begin
    assert scheduler.queued == 1
    many.cancel()
    with pytest.raises(asyncio.CancelledError):
        await many
    assert scheduler.queued == 0
    held.go_on.set()
    assert await is_idle(scheduler)
    assert await is_idle(scheduler)
    assert sorted(held.begun) == [0, 1]


@pytest.mark.parametrize("count", [2, 9])
async def test_when_its_time_is_over_the_whole_request_is_too_late(count: int) -> None:
    scheduler, held = Scheduler([infer] * 2), Held()
    with pytest.raises(problems.GatewayTimeout, match="before all of its pictures"):
        await run(count, held, scheduler=scheduler, deadline=99.0, clock=lambda: 100.0)
    held.go_on.set()
    assert await is_idle(scheduler)
    assert await is_idle(scheduler)
    assert set(held.begun) <= {0, 1}


async def test_a_picture_that_waited_too_long_for_memory_ends_the_request() -> None:
    def work(picture: Encoded, *_: object) -> bytes:
        begun.append(picture()[0])
        raise problems.GatewayTimeout("no memory")

    begun = list[int]()
    with pytest.raises(problems.GatewayTimeout, match="no memory"):
        await run(9, work, slots=1)
    assert len(begun) < 9


async def test_answers_that_are_too_large_together_end_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 100)
    begun = list[int]()

    def work(picture: Encoded, *_: object) -> bytes:
        begun.append(picture()[0])
        return b"x" * 43

    with pytest.raises(problems.ContentTooLarge, match=r"more than 100 bytes together\. Send"):
        await run(9, work, slots=1)
    assert len(begun) < 9
    assert len(await run(2, work)) == 2


async def test_no_picture_is_held_longer_than_it_is_worked_on() -> None:
    given = pictures(3)
    await soon(Batch(given, number, span()).run(Scheduler([infer]), None))
    assert not given


async def test_the_body_is_json_with_the_request_id_last() -> None:
    found = await run(2)
    body = batch.body("net", "classification", found, "mine")
    assert body.startswith(b'{"model": "net", "task": "classification", "results": [{')
    assert body.endswith(b', "request_id": "mine"}\n')
    assert json.loads(body)["results"] == [{"number": 0}, {"number": 1}]


def test_a_picture_that_was_refused_has_its_problem_in_the_place_of_its_answer() -> None:
    broken = batch.Result[bytes](None, {}, problems.UnprocessableContent("It is broken."))
    assert json.loads(batch.text(broken)) == {
        "problem": {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}
    }
    assert batch.text(batch.Result(b"{}", {})) == b"{}"
