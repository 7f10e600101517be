"""Slots to work on a picture: a few at once, and a bounded queue, first come, first served.

Decoding is part of the work that takes a slot: a large picture takes hundreds of megabytes, and
many at once would only make each of them slower.
"""

import collections
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from passerelle.protocol import problems
from services.model.engines.engine import Infer

MAX_QUEUED = 64  # requests that wait for a slot, unless the settings say otherwise


class Slot:
    """The right to work on one picture now. Leaving its `with` block releases it."""

    def __init__(self, infer: Infer, scheduler: "Scheduler") -> None:
        self.infer = infer
        self._scheduler = scheduler

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._scheduler.release(self)


class _Waiter:
    """A request in the queue. It is handed its slot, so that no newcomer takes it first."""

    def __init__(self) -> None:
        self.slot: Slot | None = None
        self.handed = threading.Lock()
        self.handed.acquire()


class Scheduler:
    """The slots of one model, each with an inference function of its own."""

    def __init__(
        self,
        infers: Sequence[Infer],
        max_queued: int = MAX_QUEUED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_queued, self._clock = max_queued, clock
        self._idle = [Slot(infer, self) for infer in infers]
        self._queue: collections.deque[_Waiter] = collections.deque()
        self._lock = threading.Lock()

    @property
    def queued(self) -> int:
        """How many requests wait for a slot."""
        return len(self._queue)

    def acquire(self, deadline: float | None = None) -> Slot:
        """A slot: now, or once all requests that came before have had theirs.

        `deadline` is in seconds of the clock, time.monotonic unless another was given.

        Raises:
            ServiceUnavailable: the queue is full.
            GatewayTimeout: the deadline passed first.
        """
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if len(self._queue) >= self.max_queued:
                raise problems.ServiceUnavailable(
                    f"{self.max_queued} pictures are waiting already. Try again shortly."
                )
            waiter = _Waiter()
            self._queue.append(waiter)
        waiter.handed.acquire(timeout=-1 if deadline is None else max(deadline - self._clock(), 0))
        return self._handed(waiter)

    def release(self, slot: Slot) -> None:
        """Hand a slot to the first in the queue, or keep it for the next to come."""
        with self._lock:
            if self._queue:
                first = self._queue.popleft()
                first.slot = slot
                first.handed.release()
            else:
                self._idle.append(slot)

    def _handed(self, waiter: _Waiter) -> Slot:
        """The slot that a waiter was handed; without one, it leaves the queue."""
        with self._lock:
            if waiter.slot is None:
                self._queue.remove(waiter)
                raise problems.GatewayTimeout(
                    "The request's time was over before its turn came. Try again later."
                )
        return waiter.slot
