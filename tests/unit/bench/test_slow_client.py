"""bench/slow_client.py: what each kind sends, and when."""

import asyncio
from typing import Any

import pytest

from bench import slow_client
from bench.slow_client import KINDS, SlowClient, Target

TARGET = Target("host", 80, "/model/m/predict", "secret")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what is written, and whether it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.reads = b"", True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 5000)}.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def connected(kind: type[SlowClient]) -> tuple[SlowClient, FakeTransport]:
    client, transport = kind(TARGET), FakeTransport()
    client.connection_made(transport)
    return client, transport


def receive(client: SlowClient, data: bytes) -> None:
    """Give a client what the server sent, piece by piece as its buffer takes it."""
    while data:
        buffer = client.get_buffer(-1)
        size = min(len(buffer), len(data))
        client.buffer_updated(size)
        data = data[size:]


def test_a_first_head_never_ends() -> None:
    client, transport = connected(slow_client.FirstHead)
    client.drip()
    client.drip()
    assert transport.written.startswith(b"POST /model/m/predict HTTP/1.1\r\nHost: host:80\r\n")
    assert transport.written.endswith(b"\r\nX-Slow: xx")


def test_a_second_head_begins_once_the_first_request_is_answered() -> None:
    client, transport = connected(slow_client.SecondHead)
    client.drip()
    assert transport.written.count(b"HTTP/1.1") == 1
    assert transport.written.endswith(b"\r\n\r\n")
    receive(client, ANSWER)
    client.drip()
    assert transport.written.count(b"HTTP/1.1") == 2
    assert transport.written.endswith(b"\r\nX-Slow: x")


@pytest.mark.parametrize(
    ("kind", "count"),
    [(slow_client.SlowBody, 1), (slow_client.SteadyBody, slow_client.STEADY_BYTES)],
)
def test_a_body_comes_after_a_whole_head_with_a_key(kind: type[SlowClient], count: int) -> None:
    client, transport = connected(kind)
    client.drip()
    head, _, body = transport.written.partition(b"\r\n\r\n")
    assert b"X-API-Key: secret" in head
    assert b"Content-Length: 100000" in head
    assert body == b"x" * count


def test_a_reader_asks_for_a_lot_and_reads_a_byte_at_each_drip() -> None:
    client, transport = connected(slow_client.Reader)
    assert transport.written.count(b"GET /openapi.yaml HTTP/1.1") == slow_client.PIPELINED
    assert len(client.get_buffer(-1)) == 1
    client.buffer_updated(1)
    assert not transport.reads
    client.drip()
    assert transport.reads


def test_a_client_notices_that_it_was_let_go() -> None:
    client, _ = connected(slow_client.FirstHead)
    assert not client.closed
    client.connection_lost(None)
    assert client.closed


def test_each_of_heads_second_heads_bodies_and_readers_is_a_quarter() -> None:
    bodies = sum(issubclass(kind, slow_client.SlowBody) for kind in KINDS)
    others = (slow_client.FirstHead, slow_client.SecondHead, slow_client.Reader)
    assert [bodies, *map(KINDS.count, others)] == [len(KINDS) / 4] * 4
