"""Large bodies and answers through a gateway, slow clients, and those who leave in the midst."""

import contextlib
import hashlib
import http.client
import os
import re
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes, raw_backend, stack
from tests.support.processes import Door
from tests.support.raw_client import Answer, Client
from tests.support.shell import Process, resident

MODEL = """\
version: 1
models:
  - id: odd
    timeout: {timeout}
    backend: {{url: "http://127.0.0.1:{port}"}}
"""
GB = 1_000_000_000  # bytes
MAX_GROWTH = 30  # megabytes of the gateway's memory
BLOCK = raw_backend.BLOCK
SETTINGS = {"PASSERELLE_MAX_IN_FLIGHT": "2"}


@contextlib.contextmanager
def gateway(folder: Path, timeout: str) -> Iterator[Door]:
    """One in front of a backend that does what it is told."""
    with raw_backend.running() as backend:
        manifest = MODEL.format(port=backend.port, timeout=timeout)
        with processes.gateway(
            folder, "http://127.0.0.1:1", environ=SETTINGS, manifest=manifest
        ) as found:
            stack.wait_for(lambda: found.model()["status"] == "ready", 20)
            yield found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with gateway(tmp_path_factory.mktemp("streams"), "2s") as found:
        yield found


@pytest.fixture
def client(door: Door) -> Client:
    return Client(door)


def worker(door: Door) -> int:
    """The process that holds what is on its way."""
    return Process(int(door.url.rpartition(":")[2]), "").worker()


def seen(client: Client, address: str) -> Any:
    return client.ask("GET", "/seen").json.get(address, {})


def history(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = door.get("/history")["models"][0]
    return found


# A gigabyte.


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_gigabyte_up_is_not_held(door: Door, client: Client, framing: str) -> None:
    worker_id, count = worker(door), GB // len(BLOCK)
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(BLOCK)
    before = resident(worker_id)
    size = count * len(BLOCK)
    line, parts = f"Content-Length: {size}", [BLOCK] * count
    if framing == "chunks":
        chunk = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)
        line, parts = "Transfer-Encoding: chunked", [chunk] * count + [b"0\r\n\r\n"]
    with client.asked("POST", "/told", parts, line) as answer:
        found = Answer(answer.status, answer.headers, answer.read()).json
    assert (found["size"], found["sha256"]) == (size, digest.hexdigest())
    assert peak(worker_id) - before <= MAX_GROWTH


def test_a_gigabyte_down_is_not_held(door: Door, client: Client) -> None:
    worker_id = worker(door)
    before = resident(worker_id)
    found, expected = hashlib.sha256(), hashlib.sha256()
    with client.asked("GET", f"/large/{GB}") as answer:
        while part := answer.read(1 << 20):
            found.update(part)
    for _ in range(GB // len(BLOCK)):
        expected.update(BLOCK)
    expected.update(BLOCK[: GB % len(BLOCK)])
    assert found.digest() == expected.digest()
    assert peak(worker_id) - before <= MAX_GROWTH


def peak(pid: int) -> int:
    """The most resident memory that a process ever had, in megabytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


# Who is slow, and who leaves.


def test_a_backend_goes_no_faster_than_the_client_takes(door: Door, client: Client) -> None:
    worker_id = worker(door)
    before = resident(worker_id)
    with client.asked("GET", "/endless?slow") as answer:
        for _ in range(20):
            assert answer.read(10_000)
            time.sleep(0.05)
        sent = seen_soon(client, "/endless?slow")["bytes"]
        assert history(door)["in_flight"] >= 1
    assert sent < 200_000_000  # what the system's buffers take, of 10 GB
    assert resident(worker_id) - before <= MAX_GROWTH


def seen_soon(client: Client, address: str) -> Any:
    """What the backend saw, once it has stopped to change."""
    last = None
    while (found := seen(client, address)) != last:
        last = found
        time.sleep(0.3)
    return found


@pytest.mark.parametrize("address", ["/endless?left", "/silent?left"])
def test_a_client_that_leaves_is_seen_by_the_backend(
    door: Door, client: Client, address: str
) -> None:
    with client.sent(client.head("GET", address)):
        stack.wait_for(lambda: seen(client, address), 10)
        assert not seen(client, address)["has_left"]
    stack.wait_for(lambda: seen(client, address)["has_left"], 10)
    stack.wait_for(lambda: history(door)["in_flight"] == 0, 10)


def test_a_client_that_leaves_in_the_midst_of_its_body_is_seen_too(client: Client) -> None:
    head = client.head("POST", "/silent?half", "Content-Length: 1000000")
    with client.sent(head, [BLOCK]):
        time.sleep(0.3)
    again = client.ask("GET", "/seen")
    assert (again.status, again.json.get("/silent?half")) == (200, None)


def test_a_body_and_its_answer_go_at_the_same_time(client: Client) -> None:
    with client.sent(client.head("POST", "/echo", "Content-Length: 6")) as connection:
        connection.sendall(b"abc")
        received = b""
        while b"abc" not in received:
            received += connection.recv(1 << 16)
        connection.sendall(b"def")
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(1 << 16)
    assert received.partition(b"\r\n\r\n")[2] == b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"


def test_no_more_streams_at_once_than_a_service_may_have(door: Door, client: Client) -> None:
    with client.asked("GET", "/endless?1") as first, client.asked("GET", "/endless?2") as second:
        assert (first.status, second.status) == (200, 200)
        third = client.ask("GET", "/told")
        assert (third.status, third.headers["Retry-After"]) == (503, "1")
    stack.wait_for(lambda: history(door)["in_flight"] == 0, 10)
    assert client.ask("GET", "/told").status == 200


def test_a_client_that_hardly_sends_makes_room_for_another(door: Door, client: Client) -> None:
    head = client.head("POST", "/told", "Content-Length: 1000")
    with client.sent(head) as first, client.sent(head) as second:
        stack.wait_for(lambda: history(door)["in_flight"] == 2, 10)
        for _ in range(6):
            for each in (first, second):
                each.sendall(b"a")
            time.sleep(0.2)
        assert client.ask("POST", "/told", b"a").status == 200
        answered, _, _ = select.select([first, second], [], [], 5)
        (slowest,) = answered
        answer = http.client.HTTPResponse(slowest)
        answer.begin()
        assert (answer.status, b"too slowly" in answer.read()) == (408, True)
    stack.wait_for(lambda: history(door)["in_flight"] == 0, 10)


# A backend that breaks in the midst.


@pytest.mark.parametrize("below", ["/half", "/half-chunked"])
def test_half_an_answer_is_seen_as_half_by_the_client(
    door: Door, client: Client, below: str
) -> None:
    failed = sum(each["failed"] for each in history(door)["slots"])
    with pytest.raises(http.client.IncompleteRead):
        client.ask("GET", below)
    assert sum(each["failed"] for each in history(door)["slots"]) == failed + 1


def test_half_an_answer_is_no_whole_one_for_http_1_0_either(client: Client) -> None:
    """Its end is that of the connection, which is reset."""
    head = client.head("GET", "/half-chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
    with client.sent(head) as connection, pytest.raises(ConnectionResetError):
        received_until(connection, b"0\r\n\r\n")


def test_an_answer_that_ends_with_its_connection_is_whole(client: Client) -> None:
    answer = client.ask("GET", "/until-end")
    assert answer.body == BLOCK
    assert answer.headers["Transfer-Encoding"] == "chunked"


def test_an_answer_that_stops_in_its_midst_ends_in_time(client: Client) -> None:
    began = time.monotonic()
    with pytest.raises(http.client.IncompleteRead):
        client.ask("GET", "/stall")
    assert 1.5 < time.monotonic() - began < 10


def test_an_answer_before_the_end_of_a_body_reaches_its_client(client: Client) -> None:
    for _ in range(20):
        head = client.head("POST", "/early", "Content-Length: 100000000")
        with client.sent(head, [BLOCK] * 1_500) as connection:
            response = http.client.HTTPResponse(connection)
            response.begin()
            answer = Answer(response.status, response.headers, response.read())
        assert answer.status == 413
        assert answer.json["detail"].endswith("(413): That is too much.")


def test_a_backend_that_takes_no_body_is_too_late(client: Client) -> None:
    answer = client.ask("POST", "/unread", bytes(30_000_000))
    assert (answer.status, "did not answer within 2 s" in answer.json["detail"]) == (504, True)


def test_a_long_upload_is_not_the_backends_fault(client: Client) -> None:
    """It takes longer than the model's time, and so does the answer's taking."""
    with client.sent(client.head("POST", "/told", "Content-Length: 30000")) as connection:
        for _ in range(30):
            connection.sendall(bytes(1_000))
            time.sleep(0.1)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 200
        assert b'"size": 30000' in response.read()


# The end of the gateway.


def test_an_answer_that_is_on_its_way_when_the_gateway_stops_is_finished(tmp_path: Path) -> None:
    with contextlib.ExitStack() as running:
        client = Client(running.enter_context(gateway(tmp_path, "20s")))
        head = client.head("POST", "/echo", "Content-Length: 6")
        connection = running.enter_context(client.sent(head))
        connection.sendall(b"abc")
        assert b"abc" in received_until(connection, b"abc\r\n")
        stopping = worker(client.door)
        os.kill(stopping, signal.SIGTERM)
        time.sleep(1)
        connection.sendall(b"def")
        assert b"def" in received_until(connection, b"0\r\n\r\n")


def received_until(connection: socket.socket, end: bytes) -> bytes:
    found = b""
    while not found.endswith(end):
        part = connection.recv(1 << 16)
        assert part, found
        found += part
    return found
