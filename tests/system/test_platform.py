"""What a platform says before a service does: each client hears what it can do about it."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from passerelle.protocol import contract
from tests.support import processes, stack

REPORT = {"status": "ready", "reason": "", "digest": "d" * 64}
JSON = {"Content-Type": "application/json"}


class Platform(http.server.BaseHTTPRequestHandler):
    """A service that is ready, behind a platform that may answer in its stead."""

    protocol_version = "HTTP/1.1"
    refuses_predictions = (0, "", "")  # the status, Retry-After and the body; 0: it lets them in
    refuses_all = 0  # the status

    def do_GET(self) -> None:  # the base class's name
        ready = {"contract": contract.VERSION, "models": {processes.LITE0: REPORT}}
        found = ready if self.path == "/health/ready" else REPORT | {"id": processes.LITE0}
        if self.refuses_all:
            self.answer(self.refuses_all, {"Content-Type": "text/plain"}, "no instance is free")
        else:
            self.answer(200, JSON, json.dumps(found))

    def do_POST(self) -> None:  # the base class's name
        self.rfile.read(int(self.headers["Content-Length"]))
        status, retry_after, body = self.refuses_predictions
        if status:
            wait = {"Retry-After": retry_after} if retry_after else {}
            self.answer(status, {"Content-Type": "text/plain"} | wait, body)
            return
        best = {"class_id": 0, "label": "cat", "score": 1.0}
        found = {"model": processes.LITE0, "category": "cat", "predictions": [best]}
        self.answer(200, JSON, json.dumps(found | {"request_id": self.headers["X-Request-ID"]}))

    def answer(self, status: int, headers: Mapping[str, str], body: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway's files are."""
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="module")
def door(folder: Path) -> Iterator[processes.Door]:
    """A gateway whose only service is behind the platform."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        upstream = f"{processes.LITE0}=http://127.0.0.1:{server.server_address[1]}"
        with processes.gateway(folder, upstream) as found:
            yield found
        server.shutdown()


@pytest.fixture(autouse=True)
def lets_in(door: processes.Door) -> None:
    """The platform lets everything in, and the gateway knows it."""
    Platform.refuses_predictions, Platform.refuses_all = (0, "", ""), 0
    stack.wait_for(lambda: door.predict().status_code == 200, 20)


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"), [(429, "", "1"), (503, "7", "7"), (503, "soon", "1")]
)
def test_no_instance_is_free_means_to_try_again(
    door: processes.Door, status: int, retry_after: str, expected: str
) -> None:
    Platform.refuses_predictions = status, retry_after, "no instance is free"
    answer = door.predict()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, expected)
    assert "is being started, or has no room for more requests" in answer.json()["detail"]
    assert "no instance is free" not in answer.text  # a platform's words are its own
    Platform.refuses_predictions = 0, "", ""
    assert door.predict().status_code == 200  # the service never counted as lost


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_says_which_right_is_missing_and_blames_no_clients_key(
    door: processes.Door, status: int
) -> None:
    Platform.refuses_predictions = status, "", "Forbidden"
    answer = door.predict()
    assert answer.status_code == 503
    assert f"refuses the gateway ({status})" in answer.json()["detail"]
    assert "role of an invoker" in answer.json()["detail"]
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("status", [429, 503])
def test_a_platform_that_lets_no_probe_in_makes_the_model_unavailable_for_now(
    door: processes.Door, status: int
) -> None:
    Platform.refuses_predictions, Platform.refuses_all = (status, "", ""), status
    stack.wait_for(lambda: "is unavailable" in door.predict().json()["detail"], 20)
    answer = door.predict()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_whoever_runs_it_finds_the_refusal_in_the_log(door: processes.Door, folder: Path) -> None:
    Platform.refuses_predictions, Platform.refuses_all = (403, "", ""), 403
    stack.wait_for(lambda: "is unavailable" in door.predict().json()["detail"], 20)
    assert "give its account the role of an invoker" in door.predict().json()["detail"]
    stack.wait_for(lambda: refusals(folder / "gateway.log"), 20)
    (logged,) = refusals(folder / "gateway.log")
    assert (logged["severity"], logged["model"]) == ("WARNING", processes.LITE0)
    assert "its service refuses the gateway (403)" in logged["reason"]


def refusals(log: Path) -> list[dict[str, Any]]:
    """The log's lines that name the right that is missing."""
    return [json.loads(line) for line in log.read_text().splitlines() if "invoker" in line]
