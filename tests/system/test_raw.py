"""What goes through a backend of any make is what was sent; what is no answer is a problem."""

import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import documents, processes, raw_backend, stack
from tests.support.processes import Door
from tests.support.raw_client import Answer, Client

MODELS = """\
version: 1
models:
  - id: odd
    timeout: 2s
    backend: {{url: "http://127.0.0.1:{port}", path: /, headers: {{X-Backend: ours}}}}
  - id: below
    backend: {{url: "http://127.0.0.1:{port}", path: /told/a}}
  - id: kept
    cache: {{size: 10, ttl: 60s}}
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
  - id: ill
    backend: {{url: "http://127.0.0.1:{port}", health: /status/404}}
  - id: well
    backend: {{url: "http://127.0.0.1:{port}", health: /endless}}
"""
RANDOM = random.Random(15)  # noqa: S311  # bytes that are the same each time


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A gateway in front of a backend that does what it is told."""
    folder = tmp_path_factory.mktemp("raw")
    with raw_backend.running() as backend:
        manifest = MODELS.format(port=backend.port)
        with processes.gateway(folder, "http://127.0.0.1:1", manifest=manifest) as found:
            wait_until(found, "ready", "odd", "below", "kept", "well")
            yield found


def wait_until(door: Door, status: str, *models: str) -> None:
    def statuses() -> set[str]:
        found = {each["id"]: each["status"] for each in door.get("/models")["models"]}
        return {found[model] for model in models}

    stack.wait_for(lambda: statuses() == {status}, 20)


@pytest.fixture
def client(door: Door) -> Client:
    return Client(door)


def told(answer: Answer) -> dict[str, Any]:
    """What the backend says that it was sent."""
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found | {"headers": {name.lower(): value for name, value in found["headers"]}}


# Bytes through `raw` are the bytes that were sent.


@pytest.mark.parametrize("size", [0, 1, 1_000, 100_000, 30_000_000])
def test_a_body_arrives_as_it_was_sent(client: Client, size: int) -> None:
    body = RANDOM.randbytes(size)
    found = told(client.ask("POST", "/told", body, {"Content-Encoding": "br"}))
    assert (found["size"], found["sha256"]) == (size, hashlib.sha256(body).hexdigest())
    assert found["headers"]["content-encoding"] == "br"


def test_a_body_in_chunks_is_one_in_chunks(client: Client) -> None:
    parts = [RANDOM.randbytes(RANDOM.randrange(1, 200_000)) for _ in range(30)]
    sent = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    with client.asked(
        "PUT", "/told", [*sent, b"0\r\n\r\n"], "Transfer-Encoding: chunked"
    ) as answer:
        found = told(Answer(answer.status, answer.headers, answer.read()))
    assert found["headers"]["transfer-encoding"] == "chunked"
    assert found["sha256"] == hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 1_000, 100_000, 30_000_000])
def test_an_answer_arrives_as_it_was_given(client: Client, size: int) -> None:
    body = RANDOM.randbytes(size)
    answer = client.ask("POST", "/echo", body)
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
    assert answer.body == body
    length = client.ask("GET", f"/large/{size}")
    assert (length.headers["Content-Length"], len(length.body)) == (str(size), size)


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT"]
)
@pytest.mark.parametrize("body", [b"", b"body"])
def test_every_method_goes_through(client: Client, method: str, body: bytes) -> None:
    found = told(client.ask(method, "/told", body))
    assert (found["method"], found["size"]) == (method, len(body))
    assert ("content-length" in found["headers"]) == (
        bool(body) or method in ("POST", "PUT", "PATCH")
    )


def test_head_has_the_headers_of_an_answer_alone(client: Client) -> None:
    answer = client.ask("HEAD", "/told")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "below",
    [
        "", "?", "/", "//", "/b%2Fc", "/b%2fc/%C3%BC", "/b;c=d", "/b?c=%2F&d", "/b?", "/b?c?d/e",
        "/...", "/b//c/", "/%25", "/b+c", "/'()*!$,=:@", "/b?u=http://c/../d",
    ],
)  # fmt: skip
def test_an_address_arrives_as_it_was_sent(door: Door, below: str) -> None:
    assert told(Client(door, "below").ask("GET", below))["target"] == f"/told/a{below}"


@pytest.mark.parametrize("below", ["/../b", "/%2e%2E/b", "/b%2F..%2F..", "/..;/b"])
def test_no_address_leads_out_of_the_backends_path(door: Door, below: str) -> None:
    answer = Client(door, "below").ask("GET", below)
    assert (answer.status, "segment" in answer.json["detail"]) == (400, True)


def test_headers_go_along_but_for_those_of_the_gateway(client: Client) -> None:
    given = {
        "X-Odd": "\xfc \t!", "accept": "a/b;q=0.1", "Cookie": "a=b", "X-Backend": "theirs",
        "Authorization": "Bearer their-own", "Connection": "close, X-Hop", "X-Hop": "1",
        "X-Request-ID": "mine", "Range": "bytes=1-", "X-Request-Timeout": "1.5",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }  # fmt: skip
    headers = told(client.ask("GET", "/told", headers=given))["headers"]
    assert headers["x-odd"] == "\xfc \t!"
    assert (headers["accept"], headers["range"]) == ("a/b;q=0.1", "bytes=1-")
    assert (headers["x-backend"], headers["authorization"]) == ("ours", "Bearer their-own")
    assert (headers["x-request-id"], headers["x-request-timeout"]) == ("mine", "1.500")
    assert headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert {"cookie", "x-api-key", "x-hop", "connection"}.isdisjoint(headers)


def test_a_key_in_authorization_stays_at_the_gateway(door: Door) -> None:
    head = (
        f"GET /model/odd/predict/told HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {door.key}\r\n"
    )
    with Client(door).sent(f"{head}\r\n".encode()) as connection:
        response = http.client.HTTPResponse(connection)
        response.begin()
        content = response.read()
    assert response.status == 200
    assert door.key.encode() not in content


def test_an_answer_has_its_trace_and_the_log_its_bytes(door: Door, client: Client) -> None:
    answer = client.ask("GET", "/large/12345", headers={"X-Request-ID": "logged"})
    assert answer.headers["X-Request-ID"] == "logged"
    assert "upstream;dur=" in answer.headers["Server-Timing"]
    record = logged(door, "logged")
    assert (record["status"], record["bytes"], record["model"]) == (200, 12345, "odd")
    assert {"auth", "route", "upstream", "stream"} <= set(record["steps_ms"])


def logged(door: Door, request_id: str) -> dict[str, Any]:
    """A request's line in the gateway's log, once it is there."""

    def lines() -> list[str]:
        named = f'"request_id": "{request_id}"'
        return [line for line in door.log.read_text().splitlines() if named in line]

    stack.wait_for(lines, 20)
    found: dict[str, Any] = json.loads(lines()[-1])
    return found


def test_an_answer_that_is_kept_is_the_same_the_next_time(door: Door) -> None:
    client, body = Client(door, "kept"), RANDOM.randbytes(1_000)
    first, second = [client.ask("POST", "/told?a", body) for _ in range(2)]
    assert first.body == second.body
    assert "hit" in second.headers["Cache-Status"]
    other = client.ask("POST", "/told?a", body, {"Accept-Language": "de"})
    assert "hit" not in other.headers["Cache-Status"]
    assert "Cache-Status" not in client.ask("GET", "/told?a").headers


def test_a_backend_that_is_not_well_says_what_it_answers(door: Door) -> None:
    ill = next(each for each in door.get("/models")["models"] if each["id"] == "ill")
    assert (ill["status"], ill["reason"]) == ("unavailable", "its /status/404 answers 404")
    answer = Client(door, "ill").ask("GET", "")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


# The example of docs/backends.md.


@pytest.fixture
def flask_app(tmp_path: Path) -> Iterator[int]:
    """Its Flask application, run by gunicorn."""
    (code,) = [each for each in documents.blocks("docs/backends.md", "python") if "flask" in each]
    (tmp_path / "ocr.py").write_text(code)
    port = stack.free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "ocr:app"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port
    finally:
        child.terminate()
        child.wait(15)


def test_ten_lines_of_flask_are_a_backend(flask_app: int, tmp_path: Path) -> None:
    backend = f'{{url: "http://127.0.0.1:{flask_app}", path: /predict, health: /ping}}'
    manifest = f"version: 1\nmodels:\n  - id: ocr\n    backend: {backend}\n"
    with processes.gateway(tmp_path, "http://127.0.0.1:1", manifest=manifest) as door:
        wait_until(door, "ready", "ocr")
        client = Client(door, "ocr")
        assert client.ask("POST", "", b"letter").json == {"bytes": 6}
        empty = client.ask("POST", "")
        assert (empty.status, empty.headers["Content-Type"]) == (400, "application/problem+json")
        assert empty.json["detail"].endswith("(400): There is no picture.")
        assert client.ask("GET", "").status == 405
        assert client.ask("POST", "/none", b"letter").status == 404
