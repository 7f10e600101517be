"""Slots to work on a picture: a few at once, and a bounded queue, first come, first served.

Decoding is part of the work that takes a slot. The event loop hands out the slots; the work runs in
a slot's thread.
"""

import asyncio
import collections
import contextvars
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from passerelle.protocol import problems
from services.model.engines.engine import Infer

MAX_QUEUED = 64  # requests that wait for a slot, unless the settings say otherwise

T = TypeVar("T")


class Scheduler:
    """The slots of one model, each an inference function of its own. Of the event loop alone."""

    def __init__(
        self,
        infers: Sequence[Infer],
        max_queued: int = MAX_QUEUED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_queued, self._clock = max_queued, clock
        self._idle = list(infers)
        self.slots = len(infers)
        self._queue: collections.deque[asyncio.Future[Infer]] = collections.deque()
        self._threads = ThreadPoolExecutor(len(infers), "slot")

    @property
    def queued(self) -> int:
        """How many requests wait for a slot."""
        return len(self._queue)

    @property
    def busy(self) -> int:
        """How many slots are taken."""
        return self.slots - len(self._idle)

    async def acquire(self, deadline: float | None = None, *, is_admitted: bool = False) -> Infer:
        """A slot: now, or once all requests that came before have had theirs.

        It must be given to `run` or `start` before anything else is awaited. `deadline` is in
        seconds of the clock, time.monotonic unless another was given. A request that had a slot
        already, and needs more, is admitted: however full the queue is, it isn't sent away.

        Raises:
            ServiceUnavailable: the queue is full.
            GatewayTimeout: the deadline passed first.
        """
        if self._idle:
            return self._idle.pop()
        if len(self._queue) >= self.max_queued and not is_admitted:
            raise problems.ServiceUnavailable(
                f"{self.max_queued} pictures are waiting already. Try again shortly."
            )
        try:
            async with asyncio.timeout(None if deadline is None else deadline - self._clock()):
                return await self._wait()
        except TimeoutError:
            raise problems.GatewayTimeout(
                "The request's time was over before its turn came. Try again later."
            ) from None

    async def run(
        self,
        infer: Infer,
        work: Callable[[Infer], T],
        deadline: float | None = None,  # noqa: ARG002  # for slots whose work may hang
    ) -> T:
        """Work with a slot in its thread; at the work's end it is released, whoever waits."""
        return await asyncio.shield(self.start(infer, work))

    def start(
        self,
        infer: Infer,
        work: Callable[[Infer], T],
        deadline: float | None = None,  # noqa: ARG002  # the same
    ) -> asyncio.Future[T]:
        """The same for who does something else meanwhile. What it gives must not be cancelled."""
        start, context = asyncio.get_running_loop().run_in_executor, contextvars.copy_context()
        work_done = start(self._threads, context.run, work, infer)
        work_done.add_done_callback(lambda _: self._release(infer))
        return work_done

    async def _wait(self) -> Infer:
        """A slot that is handed to this request; one that gives up leaves the queue."""
        handed: asyncio.Future[Infer] = asyncio.get_running_loop().create_future()
        self._queue.append(handed)
        try:
            return await handed
        except asyncio.CancelledError:
            if not handed.cancelled():
                self._release(handed.result())
            elif handed in self._queue:
                self._queue.remove(handed)
            raise

    def _release(self, infer: Infer) -> None:
        """Hand a slot to the first in the queue, or keep it for the next to come.

        One that has given up may be in the queue still, until its task comes to know.
        """
        while self._queue:
            first = self._queue.popleft()
            if not first.cancelled():
                first.set_result(infer)
                return
        self._idle.append(infer)
