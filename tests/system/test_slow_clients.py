"""Clients that send slowly: how long a gateway waits for them, and that they keep nobody out."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests

from passerelle.server import body_chunks, request_body, worker
from tests.support import contract, processes, stack

HEAD_TIMEOUT, BODY_TIMEOUT = 1.0, 2.0  # seconds that this gateway waits
DRAIN_SECONDS = 0.2  # that it then reads on, so that the client sees its answer


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Door]:
    """A gateway that waits less long, by three constants of its code; its model is away."""
    root = processes.copy_code(
        tmp_path_factory.mktemp("impatient"),
        passerelle__server__worker=[
            (f"HEAD_TIMEOUT = {worker.HEAD_TIMEOUT}", f"HEAD_TIMEOUT = {HEAD_TIMEOUT}")
        ],
        passerelle__server__body_chunks=[
            (f"DRAIN_SECONDS = {body_chunks.DRAIN_SECONDS}", f"DRAIN_SECONDS = {DRAIN_SECONDS}")
        ],
        passerelle__server__request_body=[
            (f"SECONDS = {request_body.SECONDS}", f"SECONDS = {BODY_TIMEOUT}")
        ],
    )
    nowhere = f"http://127.0.0.1:{stack.free_port()}"
    with processes.gateway(tmp_path_factory.mktemp("gateway"), nowhere, root) as running:
        yield running


def connected(door: processes.Door, timeout: float) -> socket.socket:
    host, _, port = door.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout)


def drip(door: processes.Door, head: str, seconds: float) -> tuple[bytes, float]:
    """Send a request's head, then a byte now and then: what comes back, and after how long."""
    begin = time.monotonic()
    with connected(door, timeout=0.1) as client:
        client.sendall(head.encode())
        while time.monotonic() - begin < seconds:
            try:
                if answer := client.recv(4096):
                    return answer, time.monotonic() - begin
                break
            except TimeoutError:
                client.sendall(b"x")
            except OSError:
                break
    return b"", time.monotonic() - begin


def head(key: str) -> str:
    return (
        f"POST /model/{processes.LITE0}/predict HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n"
        "Content-Length: 100000\r\n\r\n"
    )


def test_a_slow_body_without_a_key_is_not_waited_for(door: processes.Door) -> None:
    answer, seconds = drip(door, head("none"), 20)
    contract.check(contract.of_bytes("POST", f"/model/{processes.LITE0}/predict", answer))
    assert answer.startswith(b"HTTP/1.1 401")
    assert seconds < BODY_TIMEOUT


def test_slow_headers_are_not_waited_for(door: processes.Door) -> None:
    answer, seconds = drip(door, "POST /models HTTP/1.1\r\nHost: a\r\nX-Slow: ", 20)
    assert answer == b""
    assert HEAD_TIMEOUT - 0.1 < seconds < 10


def test_a_slow_body_is_told_so_in_time(door: processes.Door) -> None:
    answer, seconds = drip(door, head(door.key), 30)
    contract.check(contract.of_bytes("POST", f"/model/{processes.LITE0}/predict", answer))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive in time" in answer
    assert BODY_TIMEOUT - 0.1 < seconds < 15


def test_a_crowd_of_slow_clients_without_a_key_does_not_shut_the_door(
    door: processes.Door,
) -> None:
    """More of them than the gateway has threads; each holds one for a moment only."""
    crowd = [connected(door, timeout=20) for _ in range(80)]
    try:
        for client in crowd:
            client.sendall(head("none").encode())
        assert requests.get(f"{door.url}/health/live", timeout=15).ok
    finally:
        for client in crowd:
            client.close()
