"""Clients whose bodies a service waits for: without a slot left, the slowest gives up its own.

A body that goes on as it comes has one of the service's slots from its beginning on. So whoever
opens as many requests as there are slots, and then sends hardly anything, would keep all others
out for as long as a slow client may take. Whoever sends at some pace keeps the slot: if each
newcomer ended the upload that has gone on for longest, none would ever be whole.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable

from gateway.transport import Parts
from passerelle.protocol import problems

PATIENCE = 1.0  # seconds that a body may be waited for in all before it gives way
MIN_PACE = 10_000  # bytes a second of that time, at which it needn't


@dataclasses.dataclass(eq=False, slots=True)
class _Body:
    """One that is waited for now."""

    limit: asyncio.Timeout
    began: float  # on the clock, less the seconds that it was waited for before
    size: int  # bytes that have come

    def pace(self, now: float) -> float:
        """The bytes for each second that it was waited for."""
        return self.size / (now - self.began)


class SlowClients:
    """Of one service. Per process, of its event loop alone. The clock gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: set[_Body] = set()

    def give_way(self) -> bool:
        """End the slowest request below MIN_PACE; whether there is one."""
        now = self._clock()
        known = [each for each in self._waiting if now - each.began >= PATIENCE]
        slowest = min(known, key=lambda each: each.pace(now), default=None)
        if slowest is None or slowest.pace(now) >= MIN_PACE:
            return False
        self._waiting.discard(slowest)
        slowest.limit.reschedule(asyncio.get_running_loop().time())
        return True

    async def parts(self, parts: Parts) -> Parts:
        """The parts of a client's body, for as long as it needn't give way.

        Raises:
            RequestTimeout; what the parts raise.
        """
        waited, size = 0.0, 0
        async with contextlib.aclosing(parts):
            while True:
                began = self._clock() - waited
                try:
                    async with asyncio.timeout(None) as limit:
                        self._waiting.add(body := _Body(limit, began, size))
                        part = await anext(parts, None)
                except TimeoutError:
                    raise problems.RequestTimeout(
                        "The body came too slowly while others waited. Send it again, faster."
                    ) from None
                finally:
                    self._waiting.discard(body)
                if part is None:
                    return
                waited, size = self._clock() - began, size + len(part)
                yield part
