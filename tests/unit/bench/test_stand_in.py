"""bench/stand_in.py: what is answered, and when."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from bench import stand_in
from passerelle.protocol import contract

PREDICT = b"POST /model/m/predict?top=5 HTTP/1.1\r\nContent-Length: 4\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Service:
    """A stand-in with one connection, and a clock that a test moves by hand."""

    def __init__(self, delay: float = 0.0) -> None:
        self.transport = FakeTransport()
        self.later: list[tuple[float, Callable[[], object]]] = []
        self.protocol = stand_in.StandIn(stand_in.Answers("m"), delay, self.call_later)
        self.protocol.connection_made(self.transport)

    def call_later(self, seconds: float, function: Callable[..., object], *values: Any) -> None:
        self.later.append((seconds, lambda: function(*values)))

    def receive(self, data: bytes) -> bytes:
        """What has been answered once this has come."""
        self.protocol.get_buffer(-1)[: len(data)] = data
        self.protocol.buffer_updated(len(data))
        return self.transport.written


def document(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_a_prediction_names_the_model_five_classes_and_a_request() -> None:
    answer = Service().receive(PREDICT + b"body")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    found = document(answer)
    assert (found["model"], len(found["predictions"])) == ("m", 5)
    assert found["request_id"]


def test_a_prediction_waits_for_its_whole_body() -> None:
    service = Service()
    assert service.receive(PREDICT + b"bo") == b""
    assert service.receive(b"dy")


def test_a_prediction_may_take_a_while() -> None:
    service = Service(delay=5.0)
    assert service.receive(PREDICT + b"body") == b""
    ((seconds, write),) = service.later
    write()
    assert seconds == 5.0
    assert document(service.transport.written)["model"] == "m"


def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    service = Service(delay=5.0)
    service.receive(PREDICT + b"body")
    service.transport.close()
    service.later[0][1]()
    assert service.transport.written == b""


def test_the_gateway_finds_a_ready_model_and_its_card() -> None:
    health = document(Service().receive(b"GET /health/ready HTTP/1.1\r\n\r\n"))
    card = document(Service().receive(b"GET /model/m HTTP/1.1\r\n\r\n"))
    assert health["contract"] == contract.VERSION
    assert health["models"]["m"]["status"] == "ready"
    assert card["digest"] == health["models"]["m"]["digest"]


@pytest.mark.parametrize("request_line", [b"GET /model/other", b"POST /models"])
def test_anything_else_is_not_found(request_line: bytes) -> None:
    answer = Service().receive(request_line + b" HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_what_is_no_http_ends_the_connection() -> None:
    service = Service()
    assert service.receive(b"nonsense\r\n\r\n") == b""
    assert service.transport.closed
