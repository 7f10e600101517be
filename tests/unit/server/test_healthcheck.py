"""A container's own health check, with the connection that a test gives it."""

import socket
from typing import Any, Self

import pytest

from passerelle.server import healthcheck


class Connection:
    """Takes one request and gives one reply."""

    def __init__(self, reply: bytes) -> None:
        self.reply, self.sent = reply, b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def sendall(self, data: bytes) -> None:
        self.sent = data

    def recv(self, _: int) -> bytes:
        return self.reply


@pytest.mark.parametrize(
    ("reply", "healthy"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n", False),
        (b"", False),
        (b"nonsense", False),
    ],
)
def test_only_a_200_is_healthy(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, *, healthy: bool
) -> None:
    connection = Connection(reply)

    def connect(address: Any, seconds: float) -> Connection:
        assert (address, seconds) == (("127.0.0.1", 8080), healthcheck.SECONDS)
        return connection

    monkeypatch.setattr(socket, "create_connection", connect)
    assert healthcheck.healthy(8080, "/health/live") is healthy
    assert connection.sent.startswith(b"GET /health/live HTTP/1.1\r\n")


def test_where_nobody_listens_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert healthcheck.healthy(8080, "/") is False
