"""Whoever tries keys or tokens is slowed down, by the client's address.

After so many wrong ones within a minute, each further one from the same address is answered DELAY
seconds later. One that is right is never kept waiting, whatever else comes from there.

All of it is bounded: of more addresses than MAX_ADDRESSES, those are forgotten that were quiet for
longest; and of more answers than MAX_HELD, the others are given at once, since each that is kept
back holds a connection. No key falls to guessing at any speed, since it has 256 random bits: what
is spared is the processor, the log, and whoever reads it.
"""

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

MAX_FAILURES = 10  # within WINDOW
WINDOW = 60.0  # seconds, from an address's first failure on
DELAY = 2.0  # seconds
MAX_ADDRESSES = 10_000
MAX_HELD = 100  # answers that are kept back at once
NETWORK_BITS = 64  # of an address of IPv6: what one customer of a provider has at least


class WrongKeys:
    """Counts failures. Per process, of its event loop alone."""

    def __init__(
        self,
        maximum: int = MAX_FAILURES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._maximum, self._sleep = maximum, sleep
        self._counts: TTLCache[str, list[int]] = TTLCache(MAX_ADDRESSES, WINDOW, clock)
        self._held = 0

    async def count(self, address: str) -> None:
        """Count one more failure of an address, and wait where there were too many."""
        count = self._counts.setdefault(network(address), [0])
        count[0] += 1
        if count[0] <= self._maximum or self._held >= MAX_HELD:
            return
        self._held += 1
        try:
            await self._sleep(DELAY)
        finally:
            self._held -= 1


def network(address: str) -> str:
    """What an address is counted by: it alone, or of IPv6 its network, which is one client's."""
    if ":" not in address:
        return address
    return str(ipaddress.IPv6Network((address, NETWORK_BITS), strict=False))
