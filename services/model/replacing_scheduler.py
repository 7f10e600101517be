"""Slots whose work may hang, since a handler's code is the user's.

Work that still runs `stuck_after` seconds after its request's time was over is given up: whoever
waits gets a 504, and another slot takes its place, with a handler of its own. Python can't end the
thread that hangs; when more than MAX_GIVEN_UP of them do at once, `on_exhausted` is called.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from passerelle.protocol import problems
from passerelle.server import daemon_thread, log
from services.model.engines.engine import Infer
from services.model.handled_slot import HandledSlot
from services.model.handler import HandlerError
from services.model.scheduler import MAX_QUEUED, Scheduler

STUCK_AFTER = 60  # seconds, unless the settings say otherwise
MAX_GIVEN_UP = 4  # slots of a model whose threads hang

T = TypeVar("T")


class ReplacingScheduler(Scheduler):
    """The slots of one model with a handler. Of the event loop alone."""

    def __init__(
        self,
        slots: Sequence[HandledSlot],
        on_exhausted: Callable[[str], None],
        stuck_after: float = STUCK_AFTER,
        max_queued: int = MAX_QUEUED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(slots, max_queued, clock)
        self._on_exhausted, self._stuck_after = on_exhausted, stuck_after
        self._name = slots[0].name
        self._given_up: set[Infer] = set()  # whose threads hang
        self._replacing: set[asyncio.Task[None]] = set()

    async def run(
        self, infer: Infer, work: Callable[[Infer], T], deadline: float | None = None
    ) -> T:
        """Work with a slot, until its request's time is over.

        Raises:
            GatewayTimeout: it is; the work goes on.
        """
        left = None if deadline is None else deadline - self._clock()
        try:
            async with asyncio.timeout(left):
                return await asyncio.shield(self.start(infer, work, deadline))
        except TimeoutError:
            raise problems.GatewayTimeout(
                "The request's time was over before the model's own code had answered. Try again, "
                "or give the model a longer timeout."
            ) from None

    def start(
        self, infer: Infer, work: Callable[[Infer], T], deadline: float | None = None
    ) -> asyncio.Future[T]:
        """The same for who does something else meanwhile. What it gives must not be cancelled."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[T] = loop.create_future()

        def in_thread() -> T:
            return work(infer)

        running = loop.create_task(daemon_thread.run(in_thread))
        left = 0.0 if deadline is None else max(deadline - self._clock(), 0.0)
        watch = loop.call_later(left + self._stuck_after, self._give_up, infer, answered)

        def end(done: asyncio.Task[T]) -> None:
            watch.cancel()
            self._end(infer)
            settle(answered, done)

        running.add_done_callback(end)
        return answered

    def _end(self, infer: Infer) -> None:
        """Release a slot, unless another has taken its place."""
        if infer in self._given_up:
            self._given_up.remove(infer)
        else:
            self._release(infer)

    def _give_up(self, infer: Infer, answered: "asyncio.Future[T]") -> None:
        """Let another slot take the place of one that hangs."""
        self._given_up.add(infer)
        if not answered.done():
            fail(
                answered,
                problems.GatewayTimeout(
                    "The model's own code hangs on this picture. Send another."
                ),
            )
        count = len(self._given_up)
        log.write("ERROR", f"{self._name} hangs; {count} of its threads do now")
        if count > MAX_GIVEN_UP:
            self._on_exhausted(f"its handler hangs on {count} pictures at once")
            return
        task = asyncio.get_running_loop().create_task(self._replace(infer))
        self._replacing.add(task)  # the loop itself keeps no task alive
        task.add_done_callback(self._replacing.discard)

    async def _replace(self, infer: Infer) -> None:
        """Release a new slot in the place of one."""
        assert isinstance(infer, HandledSlot)  # noqa: S101  # for the type checker: it has no others
        try:
            self._release(await daemon_thread.run(infer.successor))
        except HandlerError as error:
            self._on_exhausted(f"no new handler can be made: {error}")


def settle(future: "asyncio.Future[T]", done: "asyncio.Future[T]") -> None:
    """Hand on what came of work to who still waits."""
    if done.cancelled():  # as the process ends
        return
    error = done.exception()
    if future.done():
        return
    if error:
        fail(future, error)
    else:
        future.set_result(done.result())


def fail(future: "asyncio.Future[T]", error: BaseException) -> None:
    """Hand an error to who waits. Whoever waited may be gone: then nobody need be told."""
    future.set_exception(error)
    future.exception()
