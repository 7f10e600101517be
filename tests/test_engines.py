"""Turns at an engine: no more than there are streams, and always given back."""

import queue
import threading

import numpy as np
import pytest

from services.model import decode, engines

PIXELS = np.zeros((2, 2, 3), np.uint8)


def test_no_more_run_at_once_than_there_are_streams() -> None:
    running, most = threading.Semaphore(0), queue.SimpleQueue[int]()
    at_once = 0
    lock = threading.Lock()

    def infer(pixels: decode.Pixels) -> engines.Logits:
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
    def fail(_: decode.Pixels) -> engines.Logits:
        raise RuntimeError("no")

    engine = engines.Engine([fail])
    for _ in range(3):
        with pytest.raises(RuntimeError, match="no"), engine.stream() as stream:
            stream.infer(PIXELS)
