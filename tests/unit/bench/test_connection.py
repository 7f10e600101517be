"""bench/connection.py: which answers are right, and how long a body is."""

import io
import json

import pytest

from bench.connection import AnswerError, Connection
from bench.workload import Workload

ANSWER = json.dumps({"model": "lite0", "predictions": [{"class_id": 285}]}).encode()
WORKLOAD = Workload([], 1.0, url="http://host:1", model="lite0")


class FakeSocket:
    """A socket on which the server's bytes have come already."""

    def __init__(self, received: bytes) -> None:
        self.received, self.sent = received, b""

    def setsockopt(self, *_: int) -> None:
        pass

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self.received)

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        pass


def send(received: bytes) -> int:
    """The class of an answer."""
    return Connection(WORKLOAD, lambda *_: FakeSocket(received)).send(b"request")


def response(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def test_the_top_class_of_an_answer_is_given() -> None:
    assert send(response(ANSWER)) == 285


def test_an_answer_may_come_in_chunks() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (ANSWER[:5], ANSWER[5:], b""))
    assert send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) == 285


@pytest.mark.parametrize(
    ("received", "message"),
    [
        (response(b"too busy", "503 Service Unavailable"), "503 too busy"),
        (response(ANSWER.replace(b"lite0", b"other")), "200 .*other"),
        (response(b"no JSON"), "200 no JSON"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "without a length"),
        (b"", "closed in place of an answer"),
    ],
    ids=["an error", "another model", "no JSON", "no length", "nothing"],
)
def test_any_other_answer_is_an_error_that_shows_it(received: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=message):
        send(received)
