"""The connections of one process: how many, how long each may wait, and the end of all."""

import asyncio
import email.utils
from collections.abc import Callable
from typing import Any

from passerelle.server.byte_budget import ByteBudget
from passerelle.server.connection import Connection
from passerelle.server.settings import ServerSettings

MAX_UNSENT = 64_000_000  # bytes of answers that clients have yet to take


class Server:
    """Per process, of its event loop alone.

    `app` is an ASGI application. Whoever runs the server calls `sweep` several times a second.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        options: ServerSettings,
        loop: asyncio.AbstractEventLoop,
        max_connections: int,
    ) -> None:
        self.app, self.options, self.loop = app, options, loop
        self.now = loop.time
        self.draining = False  # every answer says that it is its connection's last
        self.date = b""
        self.connections: set[Connection] = set()
        self._max_connections = max_connections
        self._idle: dict[Connection, None] = {}  # longest idle first
        self.unsent = ByteBudget(MAX_UNSENT)
        self._blocked: dict[Connection, int] = {}  # bytes that each has of it, longest first
        self.sweep()

    def connect(self) -> Connection:
        """A new client's connection."""
        return Connection(self)

    def admit(self, connection: Connection) -> bool:
        """Count a connection. Past the limit, the one that is idle longest makes room."""
        if len(self.connections) >= self._max_connections:
            if not self._idle:
                return False
            longest = next(iter(self._idle))
            self.forget(longest)
            longest.transport.close()
        self.connections.add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """A connection is over."""
        self.connections.discard(connection)
        self._idle.pop(connection, None)
        self.set_unblocked(connection)

    def set_idle(self, connection: Connection) -> None:
        """A connection waits for its next request."""
        self._idle[connection] = None

    def set_busy(self, connection: Connection) -> None:
        """A connection's next request begins."""
        self._idle.pop(connection, None)

    def set_blocked(self, connection: Connection, size: int) -> None:
        """A client has so many bytes to take. Past the limit, who is longest at it is let go."""
        self._blocked[connection] = size
        self.unsent.take(size)
        while self.unsent.left < 0 and len(self._blocked) > 1:
            longest = next(iter(self._blocked))
            self.set_unblocked(longest)
            longest.transport.abort()

    def set_unblocked(self, connection: Connection) -> None:
        """A client has taken most of an answer."""
        self.unsent.give_back(self._blocked.pop(connection, 0))

    def sweep(self) -> None:
        """Let go of the clients whose time is over, and look at the clock."""
        now = self.now()
        for connection in [each for each in self.connections if each.deadline <= now]:
            connection.expire(now)
        self.date = email.utils.formatdate(usegmt=True).encode()

    @property
    def is_answering(self) -> bool:
        """Whether any request is being answered."""
        return any(each.is_answering for each in self.connections)

    @property
    def counts(self) -> dict[str, int]:
        """How many connections have a request that is being answered, and how many have none."""
        answering = sum(each.is_answering for each in self.connections)
        return {"answering": answering, "idle": len(self.connections) - answering}

    def close_idle(self) -> None:
        """Close the connections that have no request."""
        for connection in list(self._idle):
            connection.transport.close()
