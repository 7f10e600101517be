"""Kept connections to one service: over TCP, TLS or a Unix socket, each request with a deadline.

This is the part of a hop that costs most, so it does no more than our hop needs: one send, no
redirects, no retries, no cookies. httptools, which wraps the parser of Node.js, reads the answers.
"""

import collections
import dataclasses
import socket
import ssl
import time
import urllib.parse
from collections.abc import Callable, Mapping

import httptools

from passerelle.server.deadline_socket import DeadlineSocket

MAX_IDLE = 128  # connections that are kept to one service
MAX_IDLE_SECONDS = 60.0  # less than a service keeps a connection without a request
CONNECT_TIMEOUT = (
    2.0  # seconds, after which a host counts as gone, and another replica may be asked
)
RECEIVE_SIZE = 1 << 16  # bytes
MAX_RESPONSE_SIZE = 1_000_000  # bytes


class UnreachableError(ConnectionError):
    """No connection could be made: the service has seen nothing of the request."""


class BrokenError(ConnectionError):
    """The connection ended before the response did, or what came is not HTTP."""


@dataclasses.dataclass(frozen=True)
class Request:
    """A request to a service."""

    method: str
    target: str  # path and query
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""

    def encoded(self, host: str) -> bytes:
        """The request as it is sent, in one piece."""
        headers = {"Host": host, **self.headers, "Content-Length": str(len(self.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + self.body


@dataclasses.dataclass(frozen=True)
class Response:
    """A service's whole response."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class _ResponseParser:
    """A response as far as it has arrived; httptools calls the methods."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        self.complete = False

    def on_message_begin(self) -> None:
        """Begin with the response, or with another after an interim one (1xx)."""
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; one that comes twice is joined, as RFC 9110 section 5.3 allows."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_body(self, chunk: bytes) -> None:
        """Add a part of the body."""
        self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        """Note the end."""
        self.complete = True


class Pool:
    """The connections to `http://host:port`, `https://host` or `unix:/path`; for any thread.

    `host` is where to connect instead: one of the addresses behind the name. `credentials` gives
    the headers that say who we are, and may raise instead.
    """

    def __init__(
        self,
        address: str,
        host: str = "",
        credentials: Callable[[], Mapping[str, str]] = dict[str, str],
    ) -> None:
        self.host, self.credentials = host, credentials
        self.path = address.removeprefix("unix:") if address.startswith("unix:") else ""
        self.url = urllib.parse.urlsplit("http://localhost" if self.path else address)
        self.tls = ssl.create_default_context() if self.url.scheme == "https" else None
        self.idle: collections.deque[tuple[socket.socket, float]] = collections.deque()

    def send(
        self, request: Request, seconds: float, on_poll: Callable[[], None] | None = None
    ) -> Response:
        """Send one request, once, and wait for the whole response.

        `on_poll` is called while it waits, and may raise to give up; not over TLS.

        Raises:
            UnreachableError, BrokenError, TimeoutError, OSError
        """
        deadline = time.monotonic() + seconds
        headers = {**request.headers, **self.credentials()}
        encoded = dataclasses.replace(request, headers=headers).encoded(self.url.netloc)
        connection = self._acquire(remaining(deadline))
        try:
            if isinstance(connection, DeadlineSocket):
                connection.on_poll = on_poll
            connection.settimeout(remaining(deadline))
            connection.sendall(encoded)
            response, reusable = _receive(connection, deadline)
        except BaseException:
            connection.close()
            raise
        if reusable and len(self.idle) < MAX_IDLE:
            if isinstance(connection, DeadlineSocket):
                connection.on_poll = None  # it would keep its request as long as it is idle
            self.idle.append((connection, time.monotonic()))
        else:
            connection.close()
        return response

    def close_idle(self) -> None:
        """Close the connections that have no request."""
        while self.idle:
            try:
                self.idle.pop()[0].close()
            except IndexError:  # another thread was quicker
                return

    def _acquire(self, seconds: float) -> socket.socket:
        """The connection that was used last, if the service still keeps it; else a new one."""
        while self.idle:
            try:
                connection, since = self.idle.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() - since < MAX_IDLE_SECONDS and _is_open(connection):
                return connection
            connection.close()
        try:
            return self._connect(min(seconds, CONNECT_TIMEOUT))
        except OSError as error:
            raise UnreachableError(str(error)) from error

    def _connect(self, seconds: float) -> socket.socket:
        """A new connection."""
        if self.path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(seconds)
                connection.connect(self.path)
            except OSError:
                connection.close()
                raise
            return DeadlineSocket.wrap(connection)
        at = (self.host or self.url.hostname or "", self.url.port or (443 if self.tls else 80))
        connection = socket.create_connection(at, seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            return self.tls.wrap_socket(connection, server_hostname=self.url.hostname)
        return DeadlineSocket.wrap(connection)


def _is_open(connection: socket.socket) -> bool:
    """Whether the other side has neither closed an idle connection nor sent what nobody asked."""
    if isinstance(connection, DeadlineSocket):
        return connection.peek() is None
    try:
        connection.settimeout(0)
        connection.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False


def _receive(connection: socket.socket, deadline: float) -> tuple[Response, bool]:
    """The whole response, and whether the connection can be used again."""
    received = _ResponseParser()
    parser, size = httptools.HttpResponseParser(received), 0
    while not (received.complete and parser.get_status_code() >= 200):
        connection.settimeout(remaining(deadline))
        data = connection.recv(RECEIVE_SIZE)
        size += len(data)
        if not data or size > MAX_RESPONSE_SIZE:
            raise BrokenError("the response broke off" if not data else "the response is too large")
        try:
            parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise BrokenError("this is not HTTP/1.1") from error
    response = Response(parser.get_status_code(), received.headers, b"".join(received.chunks))
    closes = "close" in response.headers.get("connection", "").lower()
    return response, parser.get_http_version() == "1.1" and not closes


def remaining(deadline: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
