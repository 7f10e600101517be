"""Slots: no more at once than there are, first come, first served, and always released."""

import concurrent.futures
import functools
import os
import threading
import time

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model.decode import Pixels
from services.model.engines.engine import Logits
from services.model.scheduler import Scheduler

PIXELS = np.zeros((2, 2, 3), np.uint8)
WITHIN = 5.0  # seconds that a thread may take

Outcome = concurrent.futures.Future[str]


def zeros(_: Pixels) -> Logits:
    return np.zeros(3, np.float32)


def acquire_in_thread(scheduler: Scheduler, deadline: float | None = None) -> Outcome:
    """A thread that asks for a slot; it is in the queue, or was refused, when this returns."""
    outcome: Outcome = concurrent.futures.Future()

    def work() -> None:
        try:
            with scheduler.acquire(deadline):
                outcome.set_result("had a slot")
        except problems.Problem as problem:
            outcome.set_result(problem.detail)

    before = scheduler.queued
    threading.Thread(target=work).start()
    end = time.monotonic() + WITHIN
    while scheduler.queued == before and not outcome.done():
        assert time.monotonic() < end
        os.sched_yield()
    return outcome


def test_no_more_work_at_once_than_there_are_slots() -> None:
    working: list[int] = []
    at_once: list[int] = []
    lock, both = threading.Lock(), threading.Barrier(2)

    def infer(_: Pixels) -> Logits:
        with lock:
            working.append(1)
            at_once.append(len(working))
        both.wait(WITHIN)  # until another works beside this one
        with lock:
            working.pop()
        return np.zeros(3, np.float32)

    scheduler = Scheduler([infer, infer])

    def work() -> None:
        with scheduler.acquire() as slot:
            slot.infer(PIXELS)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(at_once) == 2


def test_a_slot_is_released_when_the_inference_fails() -> None:
    def fail(_: Pixels) -> Logits:
        raise RuntimeError("no")

    scheduler = Scheduler([fail])
    for _ in range(3):
        with pytest.raises(RuntimeError, match="no"), scheduler.acquire() as slot:
            slot.infer(PIXELS)


def note(order: list[int], number: int, _: Outcome) -> None:
    order.append(number)


def test_the_queue_is_first_come_first_served() -> None:
    scheduler, order = Scheduler([zeros]), list[int]()
    with scheduler.acquire():
        outcomes = [acquire_in_thread(scheduler) for _ in range(5)]
        for number, outcome in enumerate(outcomes):
            outcome.add_done_callback(functools.partial(note, order, number))
    assert [outcome.result(WITHIN) for outcome in outcomes] == ["had a slot"] * 5
    assert order == [0, 1, 2, 3, 4]


def test_a_full_queue_refuses_and_one_that_emptied_does_not() -> None:
    scheduler = Scheduler([zeros], max_queued=1)
    with scheduler.acquire():
        first = acquire_in_thread(scheduler)
        with pytest.raises(problems.ServiceUnavailable, match="1 pictures are waiting already"):
            scheduler.acquire()
    assert first.result(WITHIN) == "had a slot"
    assert scheduler.queued == 0
    with scheduler.acquire():
        pass


def test_a_request_whose_deadline_passed_leaves_the_queue() -> None:
    scheduler = Scheduler([zeros], clock=lambda: 100.0)
    with scheduler.acquire():
        patient = acquire_in_thread(scheduler)
        with pytest.raises(problems.GatewayTimeout, match="time was over"):
            scheduler.acquire(deadline=99.0)
        assert scheduler.queued == 1
    assert patient.result(WITHIN) == "had a slot"


def test_an_idle_slot_is_given_even_after_the_deadline() -> None:
    scheduler = Scheduler([zeros], clock=lambda: 100.0)
    with scheduler.acquire(deadline=99.0) as slot:
        assert slot.infer(PIXELS).shape == (3,)
