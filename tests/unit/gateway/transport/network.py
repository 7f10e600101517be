"""A network without sockets: connections whose other end is the test's."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from gateway.transport import Pool, Request
from gateway.transport.connection import Connection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
END = b""  # of the connection, by the service
GET = Request("GET", "/")


class Transport(asyncio.Transport):
    """Keeps what is written, and gives the service's reply to it, piece by piece."""

    def __init__(self, protocol: asyncio.Protocol, *pieces: bytes) -> None:
        super().__init__()
        self.protocol, self.pieces = protocol, list(pieces)
        self.written, self.is_closed, self.is_paused = b"", False, False
        self.unread = os.eventfd(0)  # stands for the socket: readable once it is written to

    def get_extra_info(self, *_: object, **__: object) -> Any:
        return self

    def fileno(self) -> int:
        return self.unread

    def write(self, data: Any) -> None:
        self.written += bytes(data)
        for piece in self.pieces:
            asyncio.get_running_loop().call_soon(self.receive, piece)
        self.pieces = []

    def receive(self, piece: bytes) -> None:
        """A piece of the service's reply."""
        if piece:
            self.protocol.data_received(piece)
        else:
            self.lose()

    def lose(self, error: Exception | None = None) -> None:
        """End the connection from the service's side."""
        self.is_closed = True
        self.protocol.connection_lost(error)

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_reading(self) -> bool:
        return not self.is_paused

    def is_closing(self) -> bool:
        return self.is_closed

    def abort(self) -> None:
        self.is_closed = True

    def close(self) -> None:
        self.is_closed = True


class Network:
    """In place of the network: connects to whatever, and gives each connection the next reply."""

    def __init__(self) -> None:
        self.replies: list[tuple[bytes, ...] | Exception] = []
        self.transports: list[Transport] = []
        self.addresses: list[tuple[Any, ...]] = []

    async def create_connection(
        self, factory: Callable[[], Connection], *address: Any, **tls: Any
    ) -> tuple[Transport, Connection]:
        self.addresses.append((*address, *tls.values()))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        protocol = factory()
        self.transports.append(Transport(protocol, *reply))
        protocol.connection_made(self.transports[-1])
        return self.transports[-1], protocol


def pool(network: Network, *replies: tuple[bytes, ...] | Exception, **given: Any) -> Pool:
    """A pool whose connections get these replies, each to what is first written to it."""
    network.replies += replies
    return Pool("http://service:8080", **given)
