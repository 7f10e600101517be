"""Connections to a service, with one that a test holds in place of a socket."""

import time
from typing import Any

import pytest

from gateway import transport
from gateway.transport import BrokenError, Pool, Request, Response, UnreachableError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Connection:
    """Gives what a service would send, piece by piece; nothing more is the connection's end."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.sent, self.is_closed = list(pieces), b"", False

    def settimeout(self, _: float) -> None:
        """Nothing: a test doesn't wait."""

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def recv(self, _: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        self.is_closed = True


def pool(monkeypatch: pytest.MonkeyPatch, *connections: Connection, **given: Any) -> Pool:
    """A pool whose new connections are these, and whose idle ones are always open."""
    found, waiting = Pool("http://service:8080", **given), list(connections)
    monkeypatch.setattr(found, "_connect", lambda _: waiting.pop(0))
    monkeypatch.setattr(transport, "_is_open", lambda connection: not connection.is_closed)
    return found


def test_one_request_goes_out_in_one_piece_and_its_response_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = Connection(OK[:20], OK[20:])
    found = pool(monkeypatch, connection)
    response = found.send(Request("POST", "/predict", {"X-A": "1"}, b"picture"), 1.0)
    assert (response.status, response.body) == (200, b"ok")
    assert connection.sent == (
        b"POST /predict HTTP/1.1\r\nHost: service:8080\r\nX-A: 1\r\n"
        b"Content-Length: 7\r\n\r\npicture"
    )


def test_a_connection_is_used_again_unless_the_service_closes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    first, second = Connection(OK, closing), Connection(OK)
    found = pool(monkeypatch, first, second)
    for _ in range(3):
        assert found.send(Request("GET", "/"), 1.0).status == 200
    assert first.is_closed
    assert not second.is_closed


def test_the_gateways_credentials_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(OK)
    found = pool(monkeypatch, connection, credentials=lambda: {"Authorization": "Bearer ours"})
    found.send(Request("GET", "/", {"Authorization": "Bearer theirs"}), 1.0)
    assert b"Bearer ours" in connection.sent
    assert b"theirs" not in connection.sent


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ((OK[:30],), "broke off"),
        ((), "broke off"),
        ((b"SSH-2.0-OpenSSH\r\n",), "not HTTP/1.1"),
        ((OK[:-2].replace(b": 2", b": 2000000"), b"x" * 2_000_000), "too large"),
    ],
)
def test_what_is_no_whole_response_breaks_and_the_connection_is_closed(
    monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...], sentence: str
) -> None:
    connection = Connection(*pieces)
    with pytest.raises(BrokenError, match=sentence):
        pool(monkeypatch, connection).send(Request("GET", "/"), 1.0)
    assert connection.is_closed


def test_an_interim_response_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pool(monkeypatch, Connection(b"HTTP/1.1 100 Continue\r\n\r\n" + OK))
    assert found.send(Request("GET", "/"), 1.0).status == 200


def test_a_header_that_comes_twice_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = OK.replace(b"\r\n\r\n", b"\r\nVary: a\r\nVARY: b\r\n\r\n")
    assert pool(monkeypatch, Connection(twice)).send(Request("GET", "/"), 1.0).headers == {
        "content-length": "2", "vary": "a, b",
    }  # fmt: skip


def test_where_nobody_listens_the_service_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Pool("http://service:8080")

    def refuse(_: float) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(found, "_connect", refuse)
    with pytest.raises(UnreachableError):
        found.send(Request("GET", "/"), 1.0)


def test_idle_connections_can_be_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(OK)
    found = pool(monkeypatch, connection)
    found.send(Request("GET", "/"), 1.0)
    found.close_idle()
    assert connection.is_closed


def test_what_remains_of_a_deadline_is_never_less_than_nothing() -> None:
    assert 0 < transport.remaining(time.monotonic() + 5) <= 5
    with pytest.raises(TimeoutError):
        transport.remaining(time.monotonic())


def test_a_response_is_a_value() -> None:
    assert Response(200, {}, b"") == Response(200, {}, b"")
