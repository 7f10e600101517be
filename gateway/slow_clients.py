"""Clients whose bodies a service waits for: without a slot left, the slowest gives up its own.

A body that goes on as it comes has one of the service's slots from its beginning on. So whoever
opens as many requests as there are slots, and then sends hardly anything, would keep all others
out for as long as a slow client may take.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable

from gateway.transport import Parts
from passerelle.protocol import problems

PATIENCE = 1.0  # seconds that a body may be waited for in all before it gives way


@dataclasses.dataclass(eq=False, slots=True)
class _Body:
    """One that is waited for now."""

    limit: asyncio.Timeout
    began: float  # on the clock, less the seconds that it was waited for before


class SlowClients:
    """Of one service. Per process, of its event loop alone. The clock gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: set[_Body] = set()

    def give_way(self) -> bool:
        """End the request that was waited for longest; whether there is one."""
        slowest = min(self._waiting, key=lambda each: each.began, default=None)
        if slowest is None or self._clock() - slowest.began < PATIENCE:
            return False
        self._waiting.discard(slowest)
        slowest.limit.reschedule(asyncio.get_running_loop().time())
        return True

    async def parts(self, parts: Parts) -> Parts:
        """The parts of a client's body, for as long as it needn't give way.

        Raises:
            RequestTimeout; what the parts raise.
        """
        waited = 0.0
        async with contextlib.aclosing(parts):
            while True:
                began = self._clock() - waited
                try:
                    async with asyncio.timeout(None) as limit:
                        self._waiting.add(body := _Body(limit, began))
                        part = await anext(parts, None)
                except TimeoutError:
                    raise problems.RequestTimeout(
                        "The body came too slowly while others waited. Send it again, faster."
                    ) from None
                finally:
                    self._waiting.discard(body)
                if part is None:
                    return
                waited = self._clock() - began
                yield part
