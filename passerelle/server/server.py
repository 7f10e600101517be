"""The connections of one process: how many, how long each may wait, and the end of all."""

import asyncio
import email.utils
from collections.abc import Callable
from typing import Any

from passerelle.server.connection import Connection
from passerelle.server.settings import ServerSettings


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

    def set_idle(self, connection: Connection) -> None:
        """A connection waits for its next request."""
        self._idle[connection] = None

    def set_busy(self, connection: Connection) -> None:
        """A connection's next request begins."""
        self._idle.pop(connection, None)

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

    def close_idle(self) -> None:
        """Close the connections that have no request."""
        for connection in list(self._idle):
            connection.transport.close()
