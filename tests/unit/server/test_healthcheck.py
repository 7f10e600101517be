"""A container's own health check, with the connection that a test gives it."""

import socket
from collections.abc import Callable
from typing import Self

import pytest

from passerelle.server import healthcheck


class Connection:
    """Takes one request and gives one reply."""

    def __init__(self, reply: bytes) -> None:
        self.reply, self.sent = reply, b""
        self.connect: Callable[[object], None]

    def settimeout(self, seconds: float) -> None:
        assert seconds == healthcheck.SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def sendall(self, data: bytes) -> None:
        self.sent = data

    def recv(self, _: int) -> bytes:
        return self.reply


class Network:
    """Where connections were made to; each is answered alike."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.asked: list[object] = []

    def create_connection(self, address: tuple[str, int], seconds: float) -> Connection:
        assert seconds == healthcheck.SECONDS
        self.asked.append(address)
        return self.connection

    def socket(self, family: int) -> Connection:
        assert family == socket.AF_UNIX
        self.connection.connect = self.asked.append
        return self.connection


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network(Connection(b"HTTP/1.1 200 OK\r\n"))
    monkeypatch.setattr(socket, "create_connection", made.create_connection)
    monkeypatch.setattr(socket, "socket", made.socket)
    return made


@pytest.mark.parametrize(
    ("reply", "healthy"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n", False),
        (b"", False),
        (b"nonsense", False),
    ],
)
def test_only_a_200_is_healthy(network: Network, reply: bytes, *, healthy: bool) -> None:
    network.connection.reply = reply
    assert healthcheck.healthy("0.0.0.0:8080", "/health/live") is healthy
    assert network.connection.sent.startswith(b"GET /health/live HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("bind", "asked"),
    [
        ("0.0.0.0:8080", ("127.0.0.1", 8080)),
        (":8080", ("127.0.0.1", 8080)),
        ("[::]:9000", ("::1", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("10.0.0.1:80", ("10.0.0.1", 80)),
        (" localhost:80 , unix:/run/a", ("localhost", 80)),
        ("unix:/run/a.sock", "/run/a.sock"),
        ("unix:///run/a.sock", "/run/a.sock"),
    ],
)
def test_it_is_asked_where_it_listens(network: Network, bind: str, asked: object) -> None:
    assert healthcheck.healthy(bind, "/health/live")
    assert network.asked == [asked]


def test_where_nobody_listens_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert healthcheck.healthy("a:8080", "/") is False


def test_what_is_no_address_is_not(network: Network) -> None:
    assert healthcheck.healthy("8080", "/") is False
    assert not network.asked
