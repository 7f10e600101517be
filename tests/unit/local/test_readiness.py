"""passerelle/local/readiness.py: what is made of the answers, and of their absence."""

import http.client
import io
import json
import types
from pathlib import Path
from typing import Any

import pytest

from passerelle.client import connections
from passerelle.local import readiness
from passerelle.local.options import Options
from tests.unit.client import fake
from tests.unit.local.fake import external

READY = {"contract": "1.1", "models": {"a": {"status": "ready"}, "b": {"status": "starting"}}}


class Connection:
    """Answers every request alike, or fails."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []
        self.closed = False

    def request(self, method: str, path: str) -> None:
        self.asked.append((method, path))
        if isinstance(self.answer, Exception):
            raise self.answer

    def getresponse(self) -> io.BytesIO:
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return io.BytesIO(body)

    def close(self) -> None:
        self.closed = True


def answering(answer: object, monkeypatch: pytest.MonkeyPatch) -> Connection:
    made = Connection(answer)
    monkeypatch.setattr(readiness, "connection", lambda _: made)
    return made


def test_each_models_status_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = answering(READY, monkeypatch)
    assert readiness.statuses("unix:/a") == {"a": "ready", "b": "starting"}
    assert connection.asked == [("GET", "/health/ready")]
    assert connection.closed


@pytest.mark.parametrize(
    ("backend", "path"),
    [
        ({}, ""), ({"health": "/ping"}, "/ping"), ({"protocol": "passerelle"}, "/health/ready"),
        ({"protocol": "oip"}, "/v2/models/ocr/ready"),
        ({"protocol": "oip", "path": "/v2/models/a"}, "/v2/models/a/ready"),
    ],
)  # fmt: skip
def test_a_backend_says_that_it_is_ready_where_its_protocol_has_it(
    backend: dict[str, Any], path: str
) -> None:
    assert readiness.health_path(external("ocr", "serve", **backend)) == path


def test_a_backend_without_such_an_address_is_ready_once_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "listens", lambda port: port == 4000)
    assert readiness.is_healthy(4000, external("ocr", "serve"))
    assert not readiness.is_healthy(4001, external("ocr", "serve"))


@pytest.mark.parametrize(
    ("status", "is_healthy"),
    [(200, True), (204, True), (401, True), (403, True), (302, False), (404, False), (503, False)],
)
def test_it_is_ready_if_it_says_so_or_lets_in_none_without_a_secret(
    *, status: int, is_healthy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answering(Connection):
        def getresponse(self) -> Any:
            return types.SimpleNamespace(status=status)

    made = Answering(None)
    monkeypatch.setattr(http.client, "HTTPConnection", lambda *_, **__: made)
    model = external("ocr", "serve", health="/ping")
    assert readiness.is_healthy(4000, model) is is_healthy
    assert (made.asked, made.closed) == ([("GET", "/ping")], True)
    made.answer = ConnectionRefusedError()
    assert not readiness.is_healthy(4000, model)


@pytest.mark.parametrize(
    "answer",
    [ConnectionRefusedError(), http.client.BadStatusLine(""), b"", b"{", [], {}, {"models": 3},
     {"models": {"a": 3}}, {"models": {"a": {}}}, TimeoutError()],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_none(
    answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = answering(answer, monkeypatch)
    assert readiness.statuses("unix:/a") == {}
    assert readiness.is_starting("unix:/a")
    assert connection.closed


@pytest.mark.parametrize(
    ("status", "starting"), [("starting", True), ("ready", False), ("failed", False)]
)
def test_a_service_is_starting_until_no_model_loads(
    status: str, *, starting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering({"models": {"a": {"status": status}, "b": {"status": "ready"}}}, monkeypatch)
    assert readiness.is_starting("unix:/a") is starting


def test_addresses_are_those_of_gunicorn() -> None:
    tcp, unix = readiness.connection("127.0.0.1:8080"), readiness.connection("unix:/run/a:b.sock")
    assert (tcp.host, tcp.port) == ("127.0.0.1", 8080)
    assert vars(unix)["_path"] == "/run/a:b.sock"
    assert tcp.timeout == unix.timeout == readiness.TIMEOUT


def run(folder: Path, page_port: int | None = None) -> Options:
    return Options(folder / "models.yaml", folder, "gateway.test", 80, page_port=page_port)


def test_the_gateway_says_every_models_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = fake.network({"models": [{"id": "a", "status": "ready"}]})
    monkeypatch.setattr(connections, "new", lambda *_, **__: network.http())
    (tmp_path / "demo.key").write_text("psl_demo\n")
    assert readiness.statuses_at_gateway(run(tmp_path)) == {"a": "ready"}
    assert network.requests[0].headers["X-API-Key"] == "psl_demo"


def test_no_status_counts_before_the_page_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = fake.network({"models": [{"id": "a", "status": "ready"}]})
    page = fake.network({}, status=503)
    networks = [gateway, page]
    monkeypatch.setattr(connections, "new", lambda *_, **__: networks.pop(0).http())
    assert readiness.statuses_at_gateway(run(tmp_path, page_port=81)) == {}
    assert page.requests[0].url == "http://gateway.test:81/health/live"
    assert "X-API-Key" not in page.requests[0].headers


@pytest.mark.parametrize("answer", [{"models": [{}]}, {"models": [3]}, {}, b"nonsense"])
def test_a_gateway_that_makes_no_sense_says_nothing(
    answer: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = fake.network(answer)
    monkeypatch.setattr(connections, "new", lambda *_, **__: network.http())
    assert readiness.statuses_at_gateway(run(tmp_path)) == {}
