"""Turns to work on a picture: a few at once, a line that is first come, first served, and bounded.

Decoding is part of the work: a large picture takes hundreds of megabytes, and many at once would
only make each of them slower.
"""

import collections
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from passerelle.protocol import problems
from services.model.decode import Pixels

WAITING = 64  # requests in line, unless told otherwise

Logits = npt.NDArray[np.float32]
Infer = Callable[[Pixels], Logits]


class Stream:
    """The right to work on one picture now. Give it back by leaving its `with` block."""

    def __init__(self, infer: Infer, turns: "Turns") -> None:
        self.infer = infer
        self.turns = turns

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.turns.give(self)


class Waiter:
    """One in line: the stream is handed over, so that no newcomer takes it first."""

    def __init__(self) -> None:
        self.stream: Stream | None = None
        self.handed = threading.Lock()
        self.handed.acquire()


class Turns:
    """The streams of one model."""

    def __init__(self, infers: list[Infer]) -> None:
        self.most_waiting = WAITING
        self.idle = [Stream(infer, self) for infer in infers]
        self.line: collections.deque[Waiter] = collections.deque()
        self.lock = threading.Lock()

    def stream(self, until: float | None = None) -> Stream:
        """A stream: now, or when all that came before have had theirs.

        `until` is in seconds of time.monotonic.

        Raises:
            ServiceUnavailable: the line is full.
            GatewayTimeout: the time was over before the turn came.
        """
        with self.lock:
            if self.idle:
                return self.idle.pop()
            if len(self.line) >= self.most_waiting:
                raise problems.ServiceUnavailable(
                    f"{self.most_waiting} pictures are waiting already. Try again shortly."
                )
            waiter = Waiter()
            self.line.append(waiter)
        waiter.handed.acquire(timeout=-1 if until is None else max(until - time.monotonic(), 0))
        return self.handed(waiter)

    def handed(self, waiter: Waiter) -> Stream:
        """What a waiter was handed; if nothing, it leaves the line."""
        with self.lock:
            if waiter.stream is None:
                self.line.remove(waiter)
                raise problems.GatewayTimeout(
                    "The request's time was over before its turn came. Try again later."
                )
        return waiter.stream

    def give(self, stream: Stream) -> None:
        """Hand a stream to the first in line."""
        with self.lock:
            if self.line:
                first = self.line.popleft()
                first.stream = stream
                first.handed.release()
            else:
                self.idle.append(stream)
