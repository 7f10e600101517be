"""What every process does with its clients' connections, whoever they are and however they ask."""

import contextlib
import json
import re
import time
from collections.abc import Iterator

import pytest

from gateway.keys import api_keys
from tests.conftest import shared_state
from tests.support import processes, stack
from tests.support.shell import LIVE, Process, answer, ask, drip, resident

HEAD_TIMEOUT, BODY_TIMEOUT, KEEP_ALIVE = 1, 2, 3  # seconds that these processes wait
SETTINGS = {
    "PASSERELLE_HEAD_TIMEOUT": str(HEAD_TIMEOUT),
    "PASSERELLE_BODY_TIMEOUT": str(BODY_TIMEOUT),
    "PASSERELLE_KEEP_ALIVE": str(KEEP_ALIVE),
    "PASSERELLE_MAX_CONNECTIONS": "300",
    "PASSERELLE_BODY_MEMORY": "30000000",
}


@pytest.fixture(scope="module", params=["gateway", "model service", "page"])
def process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:
    """Each process in turn, which waits less long than usual."""
    folder, port = tmp_path_factory.mktemp("shell"), stack.free_port()
    predict = f"/model/{processes.LITE0}/predict"
    if request.param == "gateway":
        nowhere = f"http://127.0.0.1:{stack.free_port()}"
        with processes.gateway(folder, nowhere, environ=SETTINGS) as door:
            yield Process(int(door.url.rpartition(":")[2]), predict, door.key)
    elif request.param == "model service":
        artifact = processes.artifact(shared_state(folder / "state") / "artifacts")
        at = f"127.0.0.1:{port}"
        with processes.service(artifact, at, environ=SETTINGS):
            stack.wait_for(lambda: processes.answers(f"http://{at}/health/ready"), 20)
            yield Process(port, predict)
    else:
        text, _ = api_keys.new("page", ("*",), None)
        (folder / "key").write_text(text)
        with processes.page(folder / "key", port, SETTINGS):
            yield Process(port, "/")


@pytest.mark.parametrize("before", [0, 1, 2])
def test_each_head_of_a_connection_must_come_in_time(process: Process, before: int) -> None:
    with process.connect() as client:
        for _ in range(before):
            client.sendall(LIVE)
            assert answer(client)[0] == 200
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        seconds = drip(client, 20)
        status, headers, body = answer(client)
    assert (status, headers["connection"]) == (408, "close")
    assert b"headers did not arrive in time" in body
    assert HEAD_TIMEOUT - 0.1 < seconds < 10


def test_a_body_that_takes_too_long_is_told_so(process: Process) -> None:
    with process.connect() as client:
        client.sendall(process.head(100_000))
        seconds = drip(client, 20)
        status, headers, _ = answer(client)
    assert (status, headers["connection"]) == (408, "close")
    assert BODY_TIMEOUT - 0.1 < seconds < 15


def test_a_crowd_of_slow_clients_keeps_nobody_out(process: Process) -> None:
    """Heads, second heads, bodies, and clients that leave their side open after a last answer."""
    crowd = [process.connect() for _ in range(200)]
    beginnings = (
        b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        LIVE + b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        process.head(100_000),
        LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    )
    try:
        for number, client in enumerate(crowd):
            client.sendall(beginnings[number % 4])
        for _ in range(10):
            began = time.monotonic()
            assert ask(process, LIVE)[0] == 200
            assert time.monotonic() - began < 1
    finally:
        for client in crowd:
            client.close()


def test_past_the_limit_the_connection_that_is_idle_longest_makes_room(process: Process) -> None:
    with process.connect() as first:
        first.sendall(LIVE)
        assert answer(first)[0] == 200
        others = [process.connect() for _ in range(300)]
        for client in others:
            client.sendall(LIVE)
            assert answer(client)[0] == 200
        assert first.recv(1) == b""
        for client in others:
            client.close()


def test_past_the_limit_of_busy_connections_a_new_one_is_told_to_come_back(
    process: Process,
) -> None:
    busy = [process.connect() for _ in range(300)]
    for client in busy:
        client.sendall(b"GET /health/live HTTP/1.1\r\nX-Slow: ")
    with process.connect() as client:
        status, headers, body = answer(client)
    assert (status, headers["retry-after"]) == (503, "1")
    assert b"Too many connections" in body
    for client in busy:
        client.close()
    stack.wait_for(lambda: ask(process, LIVE)[0] == 200, 10)


def test_an_idle_connection_is_kept_for_as_long_as_the_setting_says(process: Process) -> None:
    with process.connect() as client:
        client.sendall(LIVE)
        answer(client)
        began = time.monotonic()
        assert client.recv(1) == b""
    assert KEEP_ALIVE - 0.1 < time.monotonic() - began < KEEP_ALIVE + 5


def test_a_header_with_an_underscore_is_named(process: Process) -> None:
    status, _, body = ask(process, LIVE.replace(b"\r\n\r\n", b"\r\napi_key: x\r\n\r\n"))
    detail = json.loads(body)["detail"]
    assert status == 400
    assert "api_key" in detail
    assert "underscore" in detail


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400, "Host"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "Host"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP/1.1"),
        (b"GET /\r\n\r\n", 505, "HTTP/1.1"),
        (b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "whitespace"),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400, "CRLF"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "header token"),
        (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", 400, "header value"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "8,000"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, "65,536"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 101 + b"\r\n", 431, "100"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400,
         "Content-Length"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400, "Transfer-Encoding"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "chunked"),
        (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.1"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417, "tea"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "method"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_with_the_reason(
    process: Process, request_: bytes, status: int, reason: str
) -> None:
    found, headers, body = ask(process, request_)
    problem = json.loads(body)
    assert (found, problem["status"], headers["connection"]) == (status, status, "close")
    assert reason in problem["detail"]
    assert problem["request_id"] == headers["x-request-id"]


def test_requests_in_one_piece_are_answered_in_their_order(process: Process) -> None:
    with process.connect() as client:
        client.sendall(LIVE + b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + LIVE + b"nonsense\r\n")
        received = b""
        while chunk := client.recv(1 << 16):
            received += chunk
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"404", b"200", b"400"]


def test_http_1_0_is_answered_and_the_connection_closed_unless_it_asks_otherwise(
    process: Process,
) -> None:
    with process.connect() as client:
        client.sendall(b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert answer(client)[1]["connection"] == "keep-alive"
        client.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert answer(client)[1]["connection"] == "close"
        assert client.recv(1) == b""


def test_a_client_that_expects_100_continue_is_told_to_go_on(process: Process) -> None:
    with process.connect() as client:
        client.sendall(process.head(3).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert client.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert answer(client)[0] in (400, 415, 503)  # no picture, no form, no model


def test_head_has_the_length_of_get_and_no_body(process: Process) -> None:
    with process.connect() as client:
        client.sendall(LIVE.replace(b"GET", b"HEAD"))
        head = client.recv(1 << 16)
        assert head.endswith(b"\r\n\r\n")
        client.sendall(LIVE)
        _, _, body = answer(client)
    assert f"Content-Length: {len(body)}".encode() in head


def test_options_says_what_a_path_takes(process: Process) -> None:
    status, headers, body = ask(process, LIVE.replace(b"GET", b"OPTIONS"))
    assert (status, headers["allow"], body) == (200, "GET, HEAD, OPTIONS", b"")


def test_an_early_answer_is_seen_by_a_client_that_still_sends(process: Process) -> None:
    """30 MB are more than any process takes."""
    with process.connect() as client:
        client.sendall(process.head(30_000_000))
        for _ in range(30):
            client.sendall(bytes(1_000_000))
        assert answer(client)[0] == 413
        client.sendall(LIVE)
        assert answer(client)[0] == 200


def test_past_the_bytes_that_may_be_held_a_body_is_told_to_come_back(process: Process) -> None:
    """Three bodies that are still on their way hold 27 MB of the 30."""
    held = [process.connect() for _ in range(3)]
    try:
        for client in held:
            client.sendall(process.head(9_500_000) + bytes(9_000_000))
        stack.wait_for(lambda: ask(process, process.head(8_000_000) + bytes(1))[0] == 503, 1.5)
        status, headers, _ = ask(process, process.head(8_000_000) + bytes(1))
        assert (status, headers["retry-after"]) == (503, "1")
    finally:
        for client in held:
            client.close()
    small = process.head(3) + b"abc"
    stack.wait_for(lambda: b"large bodies" not in ask(process, small)[2], 10)


def test_the_memory_of_many_bodies_goes_back(process: Process) -> None:
    """They hold 27 MB together, several times."""
    worker = process.worker()
    before = resident(worker)
    whole = process.head(19_000_000) + bytes(19_000_000)
    for _ in range(3):
        with contextlib.ExitStack() as held:
            for _ in range(3):
                client = held.enter_context(process.connect())
                client.sendall(process.head(9_500_000) + bytes(9_000_000))
            stack.wait_for(lambda: ask(process, process.head(8_000_000) + bytes(1))[0] == 503, 1.5)
        stack.wait_for(lambda: b"large bodies" not in ask(process, whole)[2], 10)
    stack.wait_for(lambda: resident(worker) < before + 12, 10)
