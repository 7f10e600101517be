"""What is counted in memory, and written to a file again and again.

Every so many seconds a thread adds what was counted to the file, and once more when the gateway
stops; one that is killed loses what it counted since. Whatever is wrong with the file, no request
fails or waits for that: the counts stay in memory, which is theirs to bound, until they can be
written. The log says so once, and once more when it is over.
"""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Generic, Protocol, Self, TypeVar

from gateway.persistence.database import DatabaseError
from passerelle.server import daemon_thread, log

LAST_WRITE = 1.5  # seconds that the gateway waits for its file when it stops


class Batch(Protocol):
    """What was counted since the last time that it was written. False if that is nothing."""

    def add(self, later: Self, /) -> None:
        """Count what another of the same kind counted after this."""

    def __bool__(self) -> bool: ...


B = TypeVar("B", bound=Batch)


class Writer(Generic[B]):
    """Keeps a batch, and has `add` write it in a thread. Per process, of its event loop alone."""

    def __init__(
        self, what: str, new: Callable[[], B], add: Callable[[B], None], interval: float
    ) -> None:
        self.batch = new()  # what isn't written, nor being written
        self.lock = asyncio.Lock()  # held by who writes: with it, the rest is in the file
        self._what, self._new, self._add, self._interval = what, new, add, interval
        self._next: asyncio.Task[None] | None = None  # that will write, and hasn't begun
        self._is_failing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write again and again for as long as the block runs, and once behind it."""
        writing = asyncio.get_running_loop().create_task(self._write_regularly())
        try:
            yield
        finally:
            writing.cancel()
            await self.write(LAST_WRITE)
            if self.batch or self.lock.locked():
                log.write("ERROR", f"the {self._what} that wasn't written yet is lost")

    async def _write_regularly(self) -> None:
        """Write, first of all to see whether that can be done."""
        await self._is_added(self._new())
        while True:
            await asyncio.sleep(self._interval)
            await self.write(self._interval)

    async def write(self, seconds: float) -> None:
        """Write what is counted, or wait that long for it. It goes on if nobody waits any more.

        While one is written, the next is that of all who come meanwhile.
        """
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._write())
        await asyncio.wait([self._next], timeout=seconds)

    async def _write(self) -> None:
        """Write what is counted, once nobody else does."""
        async with self.lock:
            self._next = None
            if not self.batch:
                return
            taken, self.batch = self.batch, self._new()
            if not await self._is_added(taken):
                taken.add(self.batch)
                self.batch = taken

    async def _is_added(self, batch: B) -> bool:
        """Whether a batch is in the file now."""
        try:
            await daemon_thread.run(self._add, batch)
        except DatabaseError as error:
            self._fail(str(error))
        except Exception:
            self._fail("unforeseen error", traceback=traceback.format_exc())
        else:
            self._succeed()
            return True
        return False

    def _fail(self, reason: str, **fields: str) -> None:
        """Say so, unless that was said."""
        if not self._is_failing:
            self._is_failing = True
            message = f"{self._what} can't be written, and is kept in memory until it can: {reason}"
            log.write("ERROR", message, **fields)

    def _succeed(self) -> None:
        """Say so, if it was otherwise."""
        if self._is_failing:
            self._is_failing = False
            log.write("INFO", f"{self._what} is written again")
