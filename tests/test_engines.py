"""Turns at an engine: no more than there are streams, and always given back."""

import concurrent.futures
import functools
import queue
import threading
import time

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model import decode, engines, scheduler

PIXELS = np.zeros((2, 2, 3), np.uint8)


def test_no_more_run_at_once_than_there_are_streams() -> None:
    running, most = threading.Semaphore(0), queue.SimpleQueue[int]()
    at_once = 0
    lock = threading.Lock()

    def infer(pixels: decode.Pixels) -> scheduler.Logits:
        nonlocal at_once
        with lock:
            at_once += 1
            most.put(at_once)
        running.acquire(timeout=0.05)
        with lock:
            at_once -= 1
        return np.zeros(pixels.shape[0], np.float32)

    engine = engines.Engine([infer, infer])

    def ask() -> None:
        with engine.stream() as stream:
            stream.infer(PIXELS)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most.get() for _ in range(8)) == 2


def test_a_stream_is_given_back_when_the_inference_fails() -> None:
    def fail(_: decode.Pixels) -> scheduler.Logits:
        raise RuntimeError("no")

    engine = engines.Engine([fail])
    for _ in range(3):
        with pytest.raises(RuntimeError, match="no"), engine.stream() as stream:
            stream.infer(PIXELS)


def waiting(engine: engines.Engine, until: float | None = None) -> concurrent.futures.Future[str]:
    """A thread that is in line when this returns."""
    result: concurrent.futures.Future[str] = concurrent.futures.Future()

    def ask() -> None:
        try:
            with engine.stream(until):
                result.set_result("had a turn")
        except problems.Problem as problem:
            result.set_result(problem.detail)

    length = len(engine.line)
    threading.Thread(target=ask).start()
    while len(engine.line) == length and not result.done():
        time.sleep(0.001)
    return result


def taken(order: list[int], number: int, _: concurrent.futures.Future[str]) -> None:
    """Note whose turn it was."""
    order.append(number)


def test_the_line_is_first_come_first_served() -> None:
    engine = engines.Engine([lambda pixels: pixels[0, 0].astype(np.float32)])
    order: list[int] = []
    with engine.stream():
        results = [waiting(engine) for _ in range(5)]
        for number, result in enumerate(results):
            result.add_done_callback(functools.partial(taken, order, number))
    assert [result.result(5) for result in results] == ["had a turn"] * 5
    assert order == [0, 1, 2, 3, 4]


def test_a_full_line_refuses_and_one_that_emptied_does_not() -> None:
    engine = engines.Engine([lambda pixels: pixels[0, 0].astype(np.float32)])
    engine.most_waiting = 1
    with engine.stream():
        first = waiting(engine)
        assert "1 pictures are waiting already" in waiting(engine).result(5)
    assert first.result(5) == "had a turn"
    assert not engine.line
    with engine.stream():
        pass


def test_whose_time_is_over_leaves_the_line() -> None:
    engine = engines.Engine([lambda pixels: pixels[0, 0].astype(np.float32)])
    with engine.stream():
        late = waiting(engine, time.monotonic() + 0.05)
        patient = waiting(engine)
        assert "time was over" in late.result(5)
        assert len(engine.line) == 1
    assert patient.result(5) == "had a turn"
