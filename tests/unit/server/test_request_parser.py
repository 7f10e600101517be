"""Requests out of bytes, as a connection is told of them."""

import math
from typing import Any

import pytest

from passerelle.server.head import Head, RefusedError
from passerelle.server.request_parser import RequestParser
from tests.unit.server.client import Clock, chunked, post


class Connection:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.server: Any = self
        self.now = Clock()
        self.ends = False
        self.told: list[Any] = []

    def begin_head(self, now: float) -> None:
        self.told.append(("head", now))

    def begin_call(self, method: str, head: Head, version: str, *, keep_alive: bool) -> None:
        self.told.append((method, head.url, version, keep_alive))

    def feed_body(self, chunk: bytes) -> None:
        self.told.append(chunk)

    def end_body(self) -> None:
        self.told.append("end")


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def parser(connection: Any) -> RequestParser:
    return RequestParser(connection)


def test_a_request_is_a_head_parts_of_a_body_and_an_end(
    parser: RequestParser, connection: Connection
) -> None:
    parser.feed(post("/a", 4) + b"bo")
    parser.feed(b"dy")
    assert connection.told == [("head", 100.0), ("POST", b"/a", "1.1", True), b"bo", b"dy", "end"]


def test_a_head_is_there_from_its_first_byte_to_its_last(
    parser: RequestParser, connection: Connection
) -> None:
    connection.now.advance(5)
    parser.feed(b"GET /a HTTP/1.1\r\nHost:")
    assert (parser.is_in_head, parser.head_began) == (True, 105.0)
    parser.feed(b" a\r\n\r\n")
    assert (parser.is_in_head, parser.head_began) == (False, math.inf)


def test_what_follows_a_body_in_chunks_is_no_header(
    parser: RequestParser, connection: Connection
) -> None:
    parser.feed(chunked("/", b"1\r\na\r\n", b"0\r\n", b"X-Late: 1\r\n\r\n"))
    assert connection.told[1:] == [("POST", b"/", "1.1", True), b"a", "end"]


def test_a_body_may_come_in_the_smallest_chunks(parser: RequestParser) -> None:
    parser.feed(chunked("/"))
    for _ in range(20_000):
        parser.feed(b"1\r\na\r\n")


def test_a_body_of_chunk_extensions_is_refused(
    parser: RequestParser, connection: Connection
) -> None:
    chunk = b"1;b=" + b"c" * 10_000 + b"\r\na\r\n"
    with pytest.raises(RefusedError, match="chunk extensions"):
        feed(parser, chunked("/"), *[chunk] * 10)
    assert connection.told.count(b"a") < 10


@pytest.mark.parametrize("split", [1, 10_000])
def test_what_follows_a_body_is_no_longer_than_a_head(parser: RequestParser, split: int) -> None:
    sent = chunked("/", b"0\r\n", *[b"X-Late: " + b"a" * 1_000 + b"\r\n"] * 70) + b"\r\n"
    size = len(sent) // split + 1
    with pytest.raises(RefusedError):
        feed(parser, *(sent[at : at + size] for at in range(0, len(sent), size)))


def feed(parser: RequestParser, *parts: bytes) -> None:
    for each in parts:
        parser.feed(each)


def test_a_wish_for_another_protocol_is_passed_over(
    parser: RequestParser, connection: Connection
) -> None:
    upgrade = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
    parser.feed(upgrade + b"Content-Length: 2\r\n\r\nab")
    assert connection.told[-3:] == [("POST", b"/", "1.1", True), b"ab", "end"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: 1\r\n" + b"X: 1\r\n" * 110, 431),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(parser: RequestParser, data: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as refused:
        parser.feed(data)
    assert refused.value.problem.status == status


def test_a_connection_that_ends_is_told_of_no_more_requests(
    parser: RequestParser, connection: Connection
) -> None:
    connection.ends = True
    parser.feed(post("/a", 0))
    assert connection.told == [("head", 100.0), "end"]
