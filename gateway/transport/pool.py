"""Kept connections to one service: over TCP, TLS or a Unix socket, each request with a deadline.

This is the part of a hop that costs most, so it does no more than our hop needs: one write, no
redirects, no retries, no cookies. Who stops waiting, at its deadline or because its client is gone,
closes the connection.
"""

import asyncio
import collections
import contextlib
import re
import ssl
import time
import urllib.parse
from collections.abc import AsyncIterator

from gateway.transport.connection import Connection
from gateway.transport.messages import (
    Credentials,
    Request,
    Response,
    StreamedRequest,
    StreamedResponse,
    UnreachableError,
    remaining,
)
from gateway.transport.stream import Stream

MAX_IDLE = 128  # connections that are kept to one service
MAX_IDLE_SECONDS = 60.0  # less than a service of ours keeps a connection without a request
FOREIGN_IDLE_SECONDS = 1.0  # less than others' usually do: gunicorn two, Node and uvicorn five
CONNECT_TIMEOUT = (
    2.0  # seconds, after which a host counts as gone, and another replica may be asked
)


class Pool:
    """The connections to `http://host:port/path`, `https://host` or `unix:/path`. Per process.

    `host` is where to connect instead: one of the addresses behind the name. `credentials` gives
    the headers that every request has, such as those that say who we are, and may raise instead. A
    connection is kept for `max_idle` seconds without a request. `tls` is what https is spoken with,
    in place of what every pool makes for itself.
    """

    def __init__(
        self,
        address: str,
        host: str = "",
        credentials: Credentials | None = None,
        max_idle: float = MAX_IDLE_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._credentials, self._max_idle = host, credentials, max_idle
        self._path = address.removeprefix("unix:") if address.startswith("unix:") else ""
        self._url = urllib.parse.urlsplit("http://localhost" if self._path else address)
        self._base = self._url.path.rstrip("/")
        self._named = re.sub(r"%[^]]*", "", self._url.netloc)  # without this machine's zone of IPv6
        self._tls = None
        if self._url.scheme == "https":
            self._tls = tls or ssl.create_default_context()
        self._idle: collections.deque[Connection] = collections.deque()

    async def send(self, request: Request, seconds: float) -> Response:
        """Send one request, once, and wait for the whole response.

        Raises:
            UnreachableError, BrokenError, CredentialsError, TimeoutError, OSError
        """
        deadline = time.monotonic() + seconds
        if self._credentials:
            request = request.with_headers(await self._credentials())
        connection = self._take_idle() or await self._connect(remaining(deadline))
        try:
            head = request.head(self._named, self._base)
            return await connection.send(head, request.body, remaining(deadline))
        except BaseException:
            connection.transport.abort()
            raise
        finally:
            self._keep(connection)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: StreamedRequest, seconds: float
    ) -> AsyncIterator[StreamedResponse]:
        """Send one request, once, as its body comes; inside the block is its response, as it comes.

        `seconds` is how long the service may do nothing while it is waited for.

        Raises:
            UnreachableError, BrokenError, CredentialsError, TimeoutError, OSError; what the parts
                of the body raise.
        """
        if self._credentials:
            request = request.with_headers(await self._credentials())
        connection = self._take_idle() or await self._connect(seconds)
        try:
            head = request.head(self._named, self._base)
            stream = Stream(connection, request, seconds, self._named)
            async with stream.sending(head) as response:
                yield response
        finally:
            self._keep(connection)

    async def connect(self, seconds: float) -> None:
        """Make sure that the service takes connections.

        Raises:
            UnreachableError, TimeoutError
        """
        (await self._connect(seconds)).transport.abort()

    def close_idle(self) -> None:
        """Close the connections that have no request."""
        while self._idle:
            self._idle.pop().transport.abort()

    def _keep(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it is good for one."""
        if connection.is_open and not connection.transport.is_closing():
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
            if len(self._idle) > MAX_IDLE:
                self._idle.popleft().transport.abort()
        else:
            connection.transport.abort()

    def _take_idle(self) -> Connection | None:
        """The connection that was used last, if the service still keeps it."""
        while self._idle:
            connection = self._idle.pop()
            is_young = time.monotonic() - connection.idle_since < self._max_idle
            if is_young and connection.is_idle:
                return connection
            connection.transport.abort()
        return None

    async def _connect(self, seconds: float) -> Connection:
        """A new connection.

        Raises:
            UnreachableError
            TimeoutError: the request had less than CONNECT_TIMEOUT left.
        """
        try:
            async with asyncio.timeout(min(seconds, CONNECT_TIMEOUT)):
                return await self._open()
        except (OSError, UnicodeError) as error:
            if isinstance(error, TimeoutError) and seconds < CONNECT_TIMEOUT:
                raise  # it says nothing about the service
            raise UnreachableError(str(error)) from error

    async def _open(self) -> Connection:
        """A new connection, however long it takes."""
        loop = asyncio.get_running_loop()
        if self._path:
            return (await loop.create_unix_connection(Connection, self._path))[1]
        host = self._host or self._url.hostname or ""
        port = self._url.port or (443 if self._tls else 80)
        name = self._url.hostname if self._tls else None
        return (
            await loop.create_connection(
                Connection, host, port, ssl=self._tls, server_hostname=name
            )
        )[1]
