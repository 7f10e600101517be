"""The kinds of slow clients. Each holds one connection for as long as the server lets it.

SlowClient
├── FirstHead     never ends the head of its first request
├── SecondHead    finishes one request, and never ends the head of its second
├── SlowBody      sends a byte of its body now and then
├── SteadyBody    keeps sending, a few bytes a second
└── Reader        asks for more than fits into the socket's buffers, and reads a byte now and then
"""

import asyncio
import dataclasses
import socket
from typing import ClassVar, cast

CONNECT_TIMEOUT = 5.0  # seconds
BODY_BYTES = 100_000  # that a body's head declares
STEADY_BYTES = 8  # of a body, at each drip
PIPELINED = 16  # requests of a reader at once; 42 kB each in answer
RECEIVE_BUFFER = 2048  # bytes; the kernel makes it its least
SEGMENT = 1460  # bytes of a packet as on a network, where loopback has 64 kB


@dataclasses.dataclass(frozen=True)
class Target:
    """The server, and what it accepts."""

    host: str
    port: int
    path: str  # where predictions are posted
    api_key: str

    def head(self, method: str, path: str, *fields: str) -> bytes:
        """A request's head, without the empty line at its end."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", *fields]
        return "\r\n".join(lines).encode() + b"\r\n"


class SlowClient(asyncio.BufferedProtocol):
    """One connection. Whoever made it calls `drip` every `interval` seconds."""

    title: ClassVar[str]
    interval: ClassVar[float] = 2.0  # seconds

    def __init__(self, target: Target) -> None:
        self.target, self.closed, self.port = target, False, 0
        self._buffer = bytearray(4096)
        self._opening = self.opening(target)

    def opening(self, target: Target) -> bytes:
        """What is sent as soon as it is connected."""
        return target.head("POST", target.path) + b"X-Slow: "

    def drip(self) -> None:
        """Send, or read, a little more."""
        self._transport.write(b"x")

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self.port = transport.get_extra_info("sockname")[1]
        self._transport.write(self._opening)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002  # asyncio passes it
        """Where answers go. Nobody reads them."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Something was answered."""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # as above
        """The server let it go."""
        self.closed = True


class FirstHead(SlowClient):
    """Never ends the head of its first request."""

    title = "first head"


class SecondHead(SlowClient):
    """Finishes one request, and never ends the head of its second."""

    title = "second head"
    _answered = False

    def opening(self, target: Target) -> bytes:
        """A whole request."""
        return target.head("GET", "/health/live") + b"\r\n"

    def buffer_updated(self, nbytes: int) -> None:  # noqa: ARG002  # any will do
        """Begin the second request at the first's answer."""
        if not self._answered:
            self._answered = True
            self._transport.write(super().opening(self.target))

    def drip(self) -> None:
        """Send a byte of the second head."""
        if self._answered:
            super().drip()


class SlowBody(SlowClient):
    """Sends a byte of its body now and then."""

    title = "slow body"
    interval = 5.0

    def opening(self, target: Target) -> bytes:
        """A whole head, with a key."""
        key, length = f"X-API-Key: {target.api_key}", f"Content-Length: {BODY_BYTES}"
        return target.head("POST", target.path, key, length) + b"\r\n"


class SteadyBody(SlowBody):
    """Keeps sending, a few bytes a second."""

    title = "steady body"
    interval = 1.0

    def drip(self) -> None:
        """Send them."""
        self._transport.write(b"x" * STEADY_BYTES)


class Reader(SlowClient):
    """Asks for more than fits into the socket's buffers, and reads a byte now and then."""

    title = "reader"
    interval = 1.0

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._buffer = bytearray(1)

    def opening(self, target: Target) -> bytes:
        """All its requests at once."""
        return (target.head("GET", "/openapi.yaml") + b"\r\n") * PIPELINED

    def buffer_updated(self, nbytes: int) -> None:  # noqa: ARG002  # it is 1
        """Read no more until the next drip."""
        self._transport.pause_reading()

    def drip(self) -> None:
        """Read another byte."""
        self._transport.resume_reading()


# A quarter each; the bodies half and half.
KINDS: tuple[type[SlowClient], ...] = (
    FirstHead, SecondHead, SlowBody, Reader, FirstHead, SecondHead, SteadyBody, Reader,
)  # fmt: skip


async def connect(kind: type[SlowClient], target: Target) -> SlowClient:
    """A new client of a kind.

    Raises:
        OSError: it can't be connected, or not in time.
    """
    loop, connection = asyncio.get_running_loop(), socket.socket()
    try:
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        if kind is Reader:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await loop.sock_connect(connection, (target.host, target.port))
        _, client = await loop.create_connection(lambda: kind(target), sock=connection)
    except BaseException:
        connection.close()
        raise
    return client
