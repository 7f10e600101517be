"""What one client has yet to take of its answers, and by when it must."""

import asyncio
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passerelle.server.server import Server

GRACE = 10.0  # seconds before a slow client's rate counts


class Sending:
    """One connection's. A client that takes nothing more blocks it: then parts wait."""

    def __init__(self, server: "Server") -> None:
        self.is_blocked = False
        self.deadline = math.inf  # seconds of the loop's clock
        self._server = server
        self.size = 0  # bytes that the client had to take when its time began
        self._began = 0.0  # then; seconds of the loop's clock
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, size: int) -> None:
        """The client has so many bytes to take, from now on."""
        self._began, self.size = self._server.now(), size

    def watch(self, left: int) -> float:
        """Set the deadline of so many bytes that are left to take, and give it."""
        taken = max(0, self.size - left)
        by_rate = self._began + GRACE + taken / self._server.options.min_rate
        self.deadline = by_rate if left else math.inf
        return self.deadline

    def block(self, size: int) -> None:
        """The client takes no more for now, and has so many bytes to take."""
        self.is_blocked = True
        self.begin(size)

    def unblock(self) -> None:
        """The client has taken most of it."""
        self.is_blocked, self.deadline = False, math.inf
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Wait until the client takes more. Where it never does, its call is cancelled."""
        self._waiter = self._server.loop.create_future()
        await self._waiter
