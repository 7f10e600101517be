"""The use of a file that may hang, by an event loop whose requests don't wait for that forever.

At most one thread uses the file, whatever hangs and however many wait: each for PATIENCE seconds.
Who reads the same as others that wait has the same answer, of a reading that begins after all of
them came. What was begun goes on when nobody waits any more; what wasn't is never begun.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from gateway.persistence.database import DatabaseError
from passerelle.server import daemon_thread

PATIENCE = 3.0  # seconds
P = ParamSpec("P")
T = TypeVar("T")


class Patience:
    """Per process and file, of its event loop alone. `what` names the file for people."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = asyncio.Lock()  # held as long as a thread uses the file
        self._next: dict[Any, asyncio.Task[Any]] = {}  # that will read, and haven't begun

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises, beside the event loop.

        Raises:
            DatabaseError: it takes too long; it may be done all the same.
        """
        return await self._patiently(self._begin(function, *args, **kwargs))

    async def share(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same of one that only reads.

        Raises:
            DatabaseError: it takes too long.
        """
        key = function, args, tuple(sorted(kwargs.items()))
        task = self._next.get(key)
        if task is None:

            async def read() -> T:
                async with self._lock:
                    del self._next[key]
                    return await daemon_thread.run(function, *args, **kwargs)

            task = self._next[key] = asyncio.get_running_loop().create_task(read())
            task.add_done_callback(_hear)
        found: T = await self._patiently(asyncio.shield(task))
        return found

    async def _begin(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, for who waits as long as it takes."""
        await self._lock.acquire()
        running = daemon_thread.run(function, *args, **kwargs)
        task = asyncio.get_running_loop().create_task(running)
        task.add_done_callback(lambda _: self._lock.release())
        task.add_done_callback(_hear)
        return await asyncio.shield(task)

    async def _patiently(self, waiting: Awaitable[T]) -> T:
        """Wait for something, but not forever.

        Raises:
            DatabaseError
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await waiting
        except TimeoutError:
            raise DatabaseError(f"{self._what}: the disk takes too long") from None


def _hear(task: asyncio.Task[Any]) -> None:
    """Have nobody complain of an error that nobody waited for."""
    if not task.cancelled():
        task.exception()
