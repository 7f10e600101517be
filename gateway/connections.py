"""Kept connections to one service, over TCP or a Unix socket, with a deadline for each answer."""

import socket
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from wire.deadline import DeadlineSocket

KEPT = 128  # connections to one service


class ServiceSocket(DeadlineSocket):
    """Counts a timeout for a whole answer, not for each of its bytes."""

    def settimeout(self, value: float | None, /) -> None:
        """As urllib3 does before it sends, and again before it receives."""
        super().settimeout(value)
        self.deadline = None if value is None else time.monotonic() + value


class TcpConnection(HTTPConnection):
    """urllib3's connection, on such a socket."""

    def _new_conn(self) -> socket.socket:
        return ServiceSocket.around(super()._new_conn())


class UnixConnection(HTTPConnection):
    """urllib3's connection, to a path."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self.path = path

    def _new_conn(self) -> socket.socket:
        connection = ServiceSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self.path)
        except OSError as error:
            connection.close()
            raise NewConnectionError(self, str(error)) from error
        return connection


class TcpPool(urllib3.HTTPConnectionPool):
    """Connections to `http://host:port`."""

    ConnectionCls = TcpConnection


class UnixPool(urllib3.HTTPConnectionPool):
    """Connections to `unix:/path`."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__("localhost", **options)
        self.path = path

    def _new_conn(self) -> UnixConnection:
        return UnixConnection(self.path)


def pool(address: str) -> urllib3.HTTPConnectionPool:
    """The connections to `http://host:port`, `https://host` or `unix:/path`.

    Over TLS a timeout is still for each read, because TLS brings a socket of its own.
    """
    if address.startswith("unix:"):
        return UnixPool(address.removeprefix("unix:"), maxsize=KEPT)
    url = urllib3.util.parse_url(address)
    if url.scheme == "https":
        return urllib3.connection_from_url(address, maxsize=KEPT)
    return TcpPool(url.host or "localhost", url.port or 80, maxsize=KEPT)
