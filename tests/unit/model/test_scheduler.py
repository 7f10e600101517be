"""Slots: no more at once than there are, first come, first served, and none is ever lost."""

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

import numpy as np
import pytest

from passerelle.protocol import problems, trace
from passerelle.server import log
from services.model.engines.engine import Infer
from services.model.scheduler import Scheduler
from services.model.tensors import Array, Tensors

INPUTS = {"pixels": np.zeros((1, 2, 2, 3), np.uint8)}
WITHIN = 5.0  # seconds that a thread may take
MAX_SHARED_THREADS = 32  # of the event loop's own

Outputs = dict[str, Array]
T = TypeVar("T")
Work = tuple[asyncio.Task[Outputs], asyncio.Future[Outputs]]


def zeros(_: Tensors) -> Outputs:
    return {"logits": np.zeros((1, 3), np.float32)}


def infer_once(infer: Infer) -> Outputs:
    return infer(INPUTS)


async def result(awaited: Awaitable[T]) -> T:
    """What must come, or else fails the test."""
    return await asyncio.wait_for(awaited, WITHIN)


async def acquire_and_run(scheduler: Scheduler) -> Outputs:
    return await scheduler.run(await scheduler.acquire(), infer_once)


async def join_queue(scheduler: Scheduler) -> asyncio.Task[Infer]:
    """A request for a slot, which is in the queue when this returns."""
    before = scheduler.queued
    waiting = asyncio.ensure_future(scheduler.acquire())
    await asyncio.sleep(0)  # lets it begin
    assert scheduler.queued == before + 1
    return waiting


async def begin_work(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Work that has a slot, and the end of its thread, which is the test's to tell."""
    loop = asyncio.get_running_loop()
    thread_end: asyncio.Future[Outputs] = loop.create_future()
    monkeypatch.setattr(loop, "run_in_executor", lambda *_: thread_end)
    work = asyncio.ensure_future(acquire_and_run(scheduler))
    await asyncio.sleep(0)  # lets it begin
    return work, thread_end


async def test_no_more_work_at_once_than_there_are_slots() -> None:
    working: list[int] = []
    at_once: list[int] = []
    lock, both = threading.Lock(), threading.Barrier(2)

    def infer(_: Tensors) -> Outputs:
        with lock:
            working.append(1)
            at_once.append(len(working))
        both.wait(WITHIN)  # until another works beside this one
        with lock:
            working.pop()
        return {"logits": np.zeros((1, 3), np.float32)}

    scheduler = Scheduler([infer, infer])
    await asyncio.gather(*[acquire_and_run(scheduler) for _ in range(8)])
    assert max(at_once) == 2


async def test_every_slot_has_a_thread_beside_the_event_loop() -> None:
    slots = MAX_SHARED_THREADS + 1
    all_work = threading.Barrier(slots)
    scheduler = Scheduler([zeros] * slots)
    work = [
        scheduler.run(await scheduler.acquire(), lambda _: all_work.wait(WITHIN))
        for _ in range(slots)
    ]
    assert sorted(await asyncio.gather(*work)) == list(range(slots))


async def test_a_slot_is_released_when_the_inference_fails() -> None:
    def fail(_: Tensors) -> Outputs:
        raise RuntimeError("no")

    scheduler = Scheduler([fail], max_queued=0)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="no"):
            await acquire_and_run(scheduler)


async def test_the_queue_is_first_come_first_served() -> None:
    scheduler, order = Scheduler([zeros]), list[int]()
    slot = await scheduler.acquire()
    waiting = [await join_queue(scheduler) for _ in range(5)]

    async def run(number: int) -> None:
        await scheduler.run(await waiting[number], lambda _: order.append(number))

    runs = [run(number) for number in (3, 1, 4, 0, 2)]
    await asyncio.gather(scheduler.run(slot, infer_once), *runs)
    assert order == [0, 1, 2, 3, 4]


async def test_a_newcomer_takes_no_slot_before_the_queue() -> None:
    scheduler = Scheduler([zeros])
    slot = await scheduler.acquire()
    first = await join_queue(scheduler)
    await scheduler.run(slot, infer_once)
    newcomer = await join_queue(scheduler)
    assert not newcomer.done()
    await scheduler.run(await first, infer_once)
    assert await result(newcomer) is zeros


async def test_a_full_queue_refuses_and_one_that_emptied_does_not() -> None:
    scheduler = Scheduler([zeros], max_queued=1)
    slot = await scheduler.acquire()
    first = await join_queue(scheduler)
    with pytest.raises(problems.ServiceUnavailable, match="1 pictures are waiting already"):
        await result(scheduler.acquire())
    await scheduler.run(slot, infer_once)
    await scheduler.run(await first, infer_once)
    assert scheduler.queued == 0
    assert await result(scheduler.acquire()) is zeros


async def test_a_request_that_was_admitted_waits_in_a_full_queue_behind_the_others() -> None:
    scheduler = Scheduler([zeros], max_queued=1)
    slot = await scheduler.acquire()
    first = await join_queue(scheduler)
    admitted = asyncio.ensure_future(scheduler.acquire(is_admitted=True))
    await asyncio.sleep(0)  # lets it begin
    assert scheduler.queued == 2
    await scheduler.run(slot, infer_once)
    await scheduler.run(await result(first), infer_once)
    assert await result(admitted) is zeros


async def test_work_that_was_started_goes_on_whoever_waits_for_it_and_releases_its_slot() -> None:
    scheduler = Scheduler([zeros])
    started = scheduler.start(await scheduler.acquire(), infer_once)
    waiting = await join_queue(scheduler)
    assert await result(waiting) is zeros
    assert started.result()


async def test_a_request_whose_deadline_passed_leaves_the_queue() -> None:
    scheduler = Scheduler([zeros], clock=lambda: 100.0)
    slot = await scheduler.acquire()
    patient = await join_queue(scheduler)
    with pytest.raises(problems.GatewayTimeout, match="time was over"):
        await result(scheduler.acquire(deadline=99.0))
    assert scheduler.queued == 1
    await scheduler.run(slot, infer_once)
    assert await result(patient) is zeros


async def test_an_idle_slot_is_given_even_after_the_deadline() -> None:
    scheduler = Scheduler([zeros], clock=lambda: 100.0)
    assert await result(scheduler.acquire(deadline=99.0)) is zeros


async def test_a_request_that_gives_up_leaves_the_queue() -> None:
    scheduler = Scheduler([zeros], max_queued=2)
    slot = await scheduler.acquire()
    first, second = [await join_queue(scheduler) for _ in range(2)]
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert scheduler.queued == 1
    await scheduler.run(slot, infer_once)
    assert await result(second) is zeros


async def test_one_that_gives_up_as_it_is_handed_a_slot_hands_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheduler = Scheduler([zeros])
    work, thread_end = await begin_work(scheduler, monkeypatch)
    first, second = [await join_queue(scheduler) for _ in range(2)]
    thread_end.add_done_callback(lambda _: first.cancel())  # right after the slot's release
    thread_end.set_result(zeros(INPUTS))
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await result(second) is zeros
    await work


async def test_one_that_gave_up_just_before_a_slot_is_released_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheduler = Scheduler([zeros])
    work, thread_end = await begin_work(scheduler, monkeypatch)
    first, second = [await join_queue(scheduler) for _ in range(2)]
    thread_end.set_result(zeros(INPUTS))
    first.cancel()  # it learns of that only after the slot's release
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await result(second) is zeros
    await work


async def test_the_slot_of_work_that_nobody_waits_for_is_released_when_its_thread_ends() -> None:
    scheduler, finish = Scheduler([zeros]), threading.Event()
    slot = await scheduler.acquire()
    work = asyncio.ensure_future(scheduler.run(slot, lambda _: finish.wait(WITHIN)))
    waiting = await join_queue(scheduler)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert scheduler.queued == 1  # the thread still has the slot
    finish.set()
    assert await result(waiting) is zeros


async def test_what_a_slots_thread_logs_has_its_requests_ids() -> None:
    found = trace.read({})
    log.current.set(found)
    scheduler = Scheduler([zeros])
    assert await result(scheduler.run(await scheduler.acquire(), lambda _: log.current.get()))
