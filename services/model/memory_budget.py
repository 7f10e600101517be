"""Memory that many threads share: each waits until as much as it needs is free.

First come, first served: while the first in the queue waits, all behind it do, however little they
need. So a large picture is not kept away by small ones, and a small one waits for no more than
those that came before it.
"""

import collections
import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from passerelle.protocol import problems
from services.model import cgroup

CONTAINER = 1 << 30  # bytes that a model's container has unless the manifest gives others


def default_limit(places: cgroup.Places = cgroup.PLACES) -> int:
    """Half of the container's memory, in bytes: the other is for models and requests' bodies."""
    return (cgroup.memory(places) or CONTAINER) // 2 or 1


class _Waiter:
    """A thread in the queue. It is granted its bytes, so that no newcomer takes them first."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.granted = threading.Event()


class Budget:
    """So many bytes, shared by a process's threads."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self._clock = limit, clock
        self._free = limit
        self._queue: collections.deque[_Waiter] = collections.deque()
        self._lock = threading.Lock()

    @property
    def queued(self) -> int:
        """How many threads wait."""
        return len(self._queue)

    @property
    def used(self) -> int:
        """The bytes that are held."""
        return self.limit - self._free

    @contextlib.contextmanager
    def reserve(self, needed: int, deadline: float | None = None) -> Iterator[None]:
        """Hold so many bytes, or all of them where that is more than there are.

        `deadline` is in seconds of the clock, time.monotonic unless another was given.

        Raises:
            GatewayTimeout: the deadline passed first.
        """
        held = min(needed, self.limit)
        self._acquire(held, deadline)
        try:
            yield
        finally:
            with self._lock:
                self._free += held
                self._grant()

    def _acquire(self, needed: int, deadline: float | None) -> None:
        """Wait for as many bytes."""
        with self._lock:
            if not self._queue and needed <= self._free:
                self._free -= needed
                return
            waiter = _Waiter(needed)
            self._queue.append(waiter)
        waiter.granted.wait(None if deadline is None else max(deadline - self._clock(), 0))
        self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        """Leave the queue, which a waiter that was granted its bytes has left already."""
        with self._lock:
            if waiter.granted.is_set():
                return
            self._queue.remove(waiter)
            self._grant()  # it may have kept others from what is free
        raise problems.GatewayTimeout(
            "The request's time was over before there was memory for its picture. Try again later."
        )

    def _grant(self) -> None:
        """Give the first in the queue what is free, and those behind it what is left."""
        while self._queue and self._queue[0].needed <= self._free:
            first = self._queue.popleft()
            self._free -= first.needed
            first.granted.set()


UNLIMITED = Budget(1 << 62)  # for a process that works on one picture after the other
