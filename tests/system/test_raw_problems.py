"""What a backend of any make gives in place of an answer is a problem of its model."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import processes, raw_backend, stack
from tests.support.processes import Door
from tests.support.raw_client import Answer, Client

MODELS = """\
version: 1
models:
  - id: odd
    timeout: 2s
    backend: {{url: "http://127.0.0.1:{port}"}}
  - id: kept
    timeout: 2s
    cache: {{}}
    backend: {{url: "http://127.0.0.1:{port}"}}
"""


@pytest.fixture(scope="module")
def backend() -> Iterator[int]:
    with raw_backend.running() as found:
        yield found.port


@pytest.fixture(scope="module")
def door(backend: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder, manifest = tmp_path_factory.mktemp("raw"), MODELS.format(port=backend)
    with processes.gateway(folder, "http://127.0.0.1:1", manifest=manifest) as found:
        stack.wait_for(lambda: found.model()["status"] == "ready", 20)
        yield found


def problem(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json
    assert found["status"] == status
    assert found["request_id"] == answer.headers["X-Request-ID"]
    return found


@pytest.mark.parametrize("model", ["odd", "kept"])
@pytest.mark.parametrize(
    ("below", "status", "sentence"),
    [
        ("/status/400", 400, "refuses the request (400): It is 400."),
        ("/status/401", 502, "refuses the gateway (401)"),
        ("/status/404", 404, "refuses the request (404): It is 404."),
        ("/status/418", 418, "refuses the request (418): It is 418."),
        ("/status/460", 460, "refuses the request (460): It is 460."),
        ("/status/429", 429, "too many requests: It is 429."),
        ("/status/500", 502, "failed (500)"),
        ("/status/503", 503, "not available now: It is 503."),
        ("/html", 502, "failed (500)"),
        ("/redirect", 502, "redirect (302)"),
        ("/garbage", 502, "broke off"),
        ("/silent", 504, "did not answer within 2 s"),
        ("/early", 413, "refuses the request (413): That is too much."),
    ],
)
def test_it_is_told_in_a_sentence(
    door: Door, backend: int, model: str, below: str, status: int, sentence: str
) -> None:
    answer = Client(door, model).ask("POST", below)
    found = problem(answer, status)
    assert sentence in found["detail"]
    assert model in found["detail"]
    assert "<" not in found["detail"]
    assert str(backend) not in answer.body.decode()
    if status in (429, 503):
        assert answer.headers["Retry-After"] == "7"
    if below.startswith("/status"):
        code = int(below.rpartition("/")[2])
        assert found["backend"] == {"status": code, "body": {"error": f"It is {code}."}}


@pytest.mark.parametrize(
    ("below", "sentence"),
    [
        ("/half", "broke off its answer"),
        ("/half-chunked", "broke off its answer"),
        ("/stall", "did not answer within 2 s"),
        ("/endless", "more than 20,000,000 bytes"),
    ],
)
def test_where_answers_are_kept_no_half_of_one_is_given(
    door: Door, below: str, sentence: str
) -> None:
    answer = Client(door, "kept").ask("POST", below)
    assert sentence in problem(answer, 504 if below == "/stall" else 502)["detail"]


def test_a_websocket_is_refused(door: Door) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "a"}
    answer = Client(door).ask("GET", "/told", headers=upgrade)
    assert "WebSocket" in problem(answer, 501)["detail"]


def test_a_wish_for_another_version_of_http_is_no_websocket(door: Door) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "a"}
    answer = Client(door).ask("GET", "/told", headers=upgrade)
    assert answer.status == 200
    assert "HTTP2-Settings" not in answer.body.decode()


def test_who_may_not_ask_is_told_before_the_backend_is_asked(door: Door) -> None:
    head = "GET /model/odd/predict/endless?nokey HTTP/1.1\r\nHost: a\r\n\r\n"
    with Client(door).sent(head.encode()) as connection:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401 ")
    assert "/endless?nokey" not in Client(door).ask("GET", "/seen").json


def test_a_body_that_breaks_off_is_the_clients_fault(door: Door) -> None:
    client = Client(door)
    with client.sent(client.head("POST", "/told", "Content-Length: 100"), [b"half"]) as connection:
        connection.shutdown(1)
        received = connection.recv(1 << 16)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"The body broke off" in received


def test_a_backend_that_dies_and_comes_back_is_unavailable_meanwhile(tmp_path: Any) -> None:
    with raw_backend.running() as backend:
        manifest = MODELS.format(port=backend.port)
        with processes.gateway(tmp_path, "http://127.0.0.1:1", manifest=manifest) as door:
            client = Client(door)
            stack.wait_for(lambda: client.ask("GET", "/told").status == 200, 20)
            backend.process.kill()
            stack.wait_for(lambda: door.model()["status"] == "unavailable", 10)
            found = problem(client.ask("GET", "/told"), 503)
            assert "odd is unavailable" in found["detail"]
            with raw_backend.running(backend.port):
                stack.wait_for(lambda: client.ask("GET", "/told").status == 200, 20)


def test_options_without_a_key_says_what_every_model_takes(door: Door) -> None:
    for model in ("odd", "none"):
        head = f"OPTIONS /model/{model}/predict HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        with Client(door).sent(head) as connection:
            received = connection.recv(1 << 16)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert b"Allow: OPTIONS, POST\r\n" in received
