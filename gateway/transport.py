"""Kept connections to one service: over TCP, TLS or a Unix socket, each request with a deadline.

This is the part of a hop that costs most, so it does no more than our hop needs: one write, no
redirects, no retries, no cookies. httptools, which wraps the parser of Node.js, reads the answers.
Who stops waiting, at its deadline or because its client is gone, closes the connection.
"""

import asyncio
import collections
import dataclasses
import re
import select
import ssl
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

import httptools

from passerelle.protocol import answers

MAX_IDLE = 128  # connections that are kept to one service
MAX_IDLE_SECONDS = 60.0  # less than a service keeps a connection without a request
CONNECT_TIMEOUT = (
    2.0  # seconds, after which a host counts as gone, and another replica may be asked
)
MAX_RESPONSE_SIZE = answers.MAX_BYTES + 100_000  # bytes, with its headers
MAX_HEAD_SIZE = 1_000_000  # bytes that come before any of a response's body

Credentials = Callable[[], Awaitable[Mapping[str, str]]]


class UnreachableError(ConnectionError):
    """No connection could be made: the service has seen nothing of the request."""


class CredentialsError(ConnectionError):
    """What a request needs beside its own headers can't be had, so that nothing was sent."""


class BrokenError(ConnectionError):
    """The connection ended before the response did, or what came is not HTTP."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A request to a service."""

    method: str
    target: str  # path and query, below the service's own path
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, headers: Mapping[str, str]) -> "Request":
        """The same with these headers, in place of its own of the same names."""
        names = {name.lower() for name in headers}
        kept = {name: self.headers[name] for name in self.headers if name.lower() not in names}
        return dataclasses.replace(self, headers=kept | dict(headers))

    def head(self, host: str, path: str = "") -> bytes:
        """The line and the headers, as they are sent to a host, below a path."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return (
            f"{self.method} {path}{self.target} HTTP/1.1\r\nHost: {host}\r\n{lines}"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode("latin-1")


@dataclasses.dataclass(frozen=True, slots=True)
class Response:
    """A service's whole response."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def media_type(self) -> str:
        """Its Content-Type without parameters, in lower case; empty where it has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Connection(asyncio.Protocol):
    """One connection, on which one request at a time waits for its response.

    The parser calls the methods `on_…`.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.is_open = False
        self.idle_since = 0.0  # seconds of time.monotonic
        self._readable = select.poll()
        self._response: asyncio.Future[Response] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self.is_open = True
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def connection_lost(self, exc: Exception | None) -> None:
        """The service closed it, or we did."""
        self.is_open = False
        self._fail(exc or BrokenError("the response broke off"))

    def data_received(self, data: bytes) -> None:
        """A part of the response; what nobody asked for ends the connection."""
        self._size += len(data)
        limit = MAX_RESPONSE_SIZE if self._chunks else MAX_HEAD_SIZE
        if self._response is None or self._size > limit:
            self._fail(BrokenError("the response is too large, or was not asked for"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BrokenError(f"this is not HTTP/1.1: {error}"))

    def on_message_begin(self) -> None:
        """A response, or one after an interim one (1xx). What nobody asked for is the last."""
        self._headers, self._chunks = {}, []
        if self._response is None or self._response.done():
            self.is_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes twice is joined, as RFC 9110 section 5.3 allows."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers = self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_body(self, chunk: bytes) -> None:
        """A part of the body."""
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """The end of the response, unless it was an interim one."""
        status = self._parser.get_status_code()
        if status < 200 or self._response is None or self._response.done():
            return
        self.is_open = self._parser.should_keep_alive()
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._response.set_result(Response(status, self._headers, body))

    @property
    def is_idle(self) -> bool:
        """Whether the service keeps the connection: an idle one has nothing to read but its end.

        The system knows of that end before the event loop comes to see it.
        """
        return self.is_open and not self._readable.poll(0)

    async def send(self, head: bytes, body: bytes, seconds: float) -> Response:
        """Send a request and wait for the whole response.

        Raises:
            BrokenError, TimeoutError, OSError
        """
        loop = asyncio.get_running_loop()
        self._size, self._response = 0, loop.create_future()
        timer = loop.call_later(seconds, self._fail, TimeoutError())
        self.transport.writelines((head, body))
        try:
            return await self._response
        finally:
            timer.cancel()
            self._response = None

    def _fail(self, error: Exception) -> None:
        """End the connection, and the request that waits for a response."""
        self.is_open = False
        self.transport.abort()
        if self._response and not self._response.done():
            self._response.set_exception(error)


class Pool:
    """The connections to `http://host:port/path`, `https://host` or `unix:/path`. Per process.

    `host` is where to connect instead: one of the addresses behind the name. `credentials` gives
    the headers that every request has, such as those that say who we are, and may raise instead.
    """

    def __init__(
        self, address: str, host: str = "", credentials: Credentials | None = None
    ) -> None:
        self._host, self._credentials = host, credentials
        self._path = address.removeprefix("unix:") if address.startswith("unix:") else ""
        self._url = urllib.parse.urlsplit("http://localhost" if self._path else address)
        self._base = self._url.path.rstrip("/")
        self._named = re.sub(r"%[^]]*", "", self._url.netloc)  # without this machine's zone of IPv6
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None
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
            is_young = time.monotonic() - connection.idle_since < MAX_IDLE_SECONDS
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


def remaining(deadline: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
