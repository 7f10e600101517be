"""The door's contract, asked over HTTP of a running stack with the default models."""

import base64
import json
import re
import socket
import unittest.mock
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from gateway import app, control, settings
from gateway.keys import api_keys
from passerelle.local import key_changes, local_state
from passerelle.protocol import trace
from passerelle.server.application import ANY
from tests.support import stack

MODELS = [
    "efficientnet-lite0",
    "efficientnet-lite0-int8",
    "efficientnet-lite1",
    "efficientnet-lite2",
]
CATS = {"Egyptian cat", "tabby", "tiger cat"}
FIRST = MODELS[0]


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem of an answer, after checking that it is one, with its ids."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert document["detail"].endswith((".", "?"))
    return document


@pytest.mark.parametrize("model", MODELS)
def test_every_model_names_the_cat(model: str, up: stack.Stack) -> None:
    answer = up.predict(model)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["model", "task", "category", "predictions", "request_id"]
    assert body["model"] == model
    assert body["category"] == body["predictions"][0]["label"] in CATS
    assert len(body["predictions"]) == 5
    scores = [each["score"] for each in body["predictions"]]
    assert scores == sorted(scores, reverse=True)
    assert 0.5 < sum(scores) <= 1


@pytest.mark.parametrize(("name", "label"), [("coffee.png", "espresso"), ("rocket.jpg", "missile")])
def test_other_pictures_are_named_too(name: str, label: str, up: stack.Stack) -> None:
    body = up.predict("efficientnet-lite2", (stack.PICTURES / name).read_bytes()).json()
    assert label in [each["label"] for each in body["predictions"]]


def test_a_picture_may_come_in_four_ways(up: stack.Stack) -> None:
    ways: list[dict[str, Any]] = [
        {"data": stack.CAT, "headers": {"Content-Type": "image/png"}},
        {"data": stack.CAT, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"files": {"image": ("cat.png", stack.CAT)}},
        {"json": {"image": base64.b64encode(stack.CAT).decode()}},
        {"data": iter([stack.CAT[:70_000], stack.CAT[70_000:]])},  # chunked
    ]
    answers = [up.request("POST", f"/model/{FIRST}/predict", **way).json() for way in ways]
    assert all(answer["predictions"] == answers[0]["predictions"] for answer in answers)


def test_top_says_how_many(up: stack.Stack) -> None:
    assert len(up.predict(FIRST, query="?top=1").json()["predictions"]) == 1
    everything = up.predict(FIRST, query="?top=1000").json()["predictions"]
    assert len({each["class_id"] for each in everything}) == 1000
    assert sum(each["score"] for each in everything) == pytest.approx(1, abs=1e-3)


def test_an_answer_says_where_the_time_went(up: stack.Stack) -> None:
    timing = up.predict(FIRST).headers["Server-Timing"]
    steps = dict(re.findall(r"(\w+);dur=([\d.]+)", timing))
    inside = ["queue", "decode", "infer", "present"]
    assert list(steps) == ["auth", "route", "read", "upstream", *inside]
    assert 0 < sum(float(steps[each]) for each in inside) <= float(steps["upstream"])


def test_the_ids_go_through_to_the_model_and_back(up: stack.Stack) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = up.predict(FIRST, headers={"X-Request-ID": "trial.1", "traceparent": parent})
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "trial.1"
    assert answer.headers["traceparent"].split("-")[1] == parent.split("-")[1]
    own, behind = log_line(up, "gateway", "trial.1"), log_line(up, FIRST, "trial.1")
    assert own["trace_id"] == behind["trace_id"] == parent.split("-")[1]
    assert (own["key"], own["model"], own["status"]) == ("demo", FIRST, 200)
    returned = trace.parse(answer.headers["traceparent"])
    assert returned
    assert own["span_id"] == returned["parent"] != behind["span_id"]


def log_line(up: stack.Stack, name: str, request_id: str) -> dict[str, Any]:
    """The one line of a request in a log; it is written just after the answer."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        text = (up.state / "logs" / f"{name}.log").read_text()
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        found[:] = [line for line in lines if line.get("request_id") == request_id]
        return bool(found)

    stack.wait_for(look, 5)
    (line,) = found
    return line


def test_the_log_holds_no_key(up: stack.Stack) -> None:
    up.request("GET", f"/models?api_key={up.key}", headers={"X-API-Key": None})

    def texts() -> str:
        return "".join(log.read_text() for log in (up.state / "logs").iterdir())

    stack.wait_for(lambda: "GET /models 401" in texts(), 5)  # it is written after the answer
    assert up.key not in texts()


def test_models_say_what_they_are_and_how_they_stand(up: stack.Stack) -> None:
    listed = up.get("/models").json()["models"]
    assert [each["id"] for each in listed] == MODELS
    for each in listed:
        assert (each["status"], each["reason"], each["weights"]) == ("ready", None, "package")
        assert each["card"]["check"]["error"] <= each["card"]["check"]["tolerance"]
        assert re.fullmatch("[0-9a-f]{64}", each["card"]["weights"]["sha256"])
        assert up.get(f"/models/{each['id']}").json() == each


@pytest.mark.parametrize("scheme", ["X-API-Key", "Authorization"])
def test_a_key_comes_in_either_header(scheme: str, up: stack.Stack) -> None:
    value = up.key if scheme == "X-API-Key" else f"Bearer {up.key}"
    assert requests.get(f"{up.url}/models", headers={scheme: value}, timeout=10).ok


@pytest.mark.parametrize("path", ["/models", "/models/x", "/model/efficientnet-lite0/predict"])
def test_without_a_key_nothing_is_told(path: str, up: stack.Stack) -> None:
    method = "POST" if path.endswith("predict") else "GET"
    for headers in ({}, {"X-API-Key": "psl_00000000_" + "A" * 43}, {"Authorization": "Basic eDp5"}):
        answer = up.request(method, path, data=b"x", headers={"X-API-Key": None} | headers)
        assert "key" in problem(answer, 401)["detail"]
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_in_the_address_is_refused(up: stack.Stack) -> None:
    told = problem(up.get(f"/models?api_key={up.key}"), 401)
    assert "ends up in logs" in told["detail"]


def test_a_new_key_is_taken_at_once_and_held_to_its_models(up: stack.Stack) -> None:
    text, key = api_keys.new("narrow", (FIRST,), None)
    key_changes.add(up.state / "keys.yaml", key)
    mine = {"X-API-Key": text}
    stack.wait_for(lambda: up.get("/models", headers=mine).ok, 5)
    assert [each["id"] for each in up.get("/models", headers=mine).json()["models"]] == [FIRST]
    assert up.predict(FIRST, headers=mine).ok
    told = problem(up.predict("efficientnet-lite1", headers=mine), 403)
    assert told["detail"] == (
        "This key may not use 'efficientnet-lite1', only: efficientnet-lite0. Ask for one that may."
    )
    problem(up.get(f"/models/{MODELS[1]}", headers=mine), 403)
    problem(up.predict("no-such-model", headers=mine), 403)


def test_an_unknown_model_is_answered_with_the_nearest(up: stack.Stack) -> None:
    told = problem(up.predict("efficientnet-lite9"), 404)
    assert len(told["nearest"]) == 3
    assert set(told["nearest"]) < set(MODELS)
    assert "Did you mean" in told["detail"]
    assert "GET /models" in problem(up.predict("zzz"), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", f"/model/{FIRST}/predict", {"POST", "OPTIONS"}),
        ("POST", "/models", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"/models/{FIRST}", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    method: str, path: str, allow: set[str], up: stack.Stack
) -> None:
    answer = up.request(method, path)
    problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == allow


@pytest.mark.parametrize(
    "path", ["/", "/model", f"/model/{FIRST}", "/model/a/b/predict", "/healthz"]
)
def test_a_path_that_is_none_is_a_problem_too(path: str, up: stack.Stack) -> None:
    problem(up.get(path), 404)


def test_health_needs_no_key_and_tells_no_secret(up: stack.Stack) -> None:
    assert requests.get(f"{up.url}/health/live", timeout=10).json() == {"status": "live"}
    ready = requests.get(f"{up.url}/health/ready", timeout=10)
    assert ready.json() == {"status": "ready", "models": 4, "ready": 4}


def test_head_answers_like_get_without_a_body(up: stack.Stack) -> None:
    head = up.request("HEAD", "/models")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0


def test_the_contract_is_served_and_names_every_path(up: stack.Stack) -> None:
    contract = yaml.safe_load(requests.get(f"{up.url}/openapi.yaml", timeout=10).text)
    assert contract == yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())
    documented = {
        (path, method.upper()) for path, item in contract["paths"].items() for method in item
        if method in {"get", "post", "put", "delete"}
    }  # fmt: skip
    environ = {
        "PASSERELLE_MANIFEST": str(stack.ROOT / "models.yaml"),
        "PASSERELLE_KEYS": str(local_state.keys_file(up.state)),
    }
    served = app.create_app(settings.read(environ))
    on_the_loop = {  # what lies below a path, and takes any method, is told beside it
        (path.removesuffix("{below:path}"), method)
        for path, route in served.routes.items() for method in route.handlers if method != ANY
    }  # fmt: skip
    in_threads = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in control.create_app(unittest.mock.Mock()).url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == on_the_loop | in_threads


def test_the_docs_page_needs_nothing_from_elsewhere(up: stack.Stack) -> None:
    page = requests.get(f"{up.url}/docs/", timeout=10).text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    for source in sources:
        assert source.startswith("./")
        assert requests.get(f"{up.url}/docs/{source}", timeout=10).ok
    assert '"../openapi.yaml"' in page


def test_serving_processes_hold_no_torch(up: stack.Stack) -> None:
    for model in MODELS:
        mapped = Path(f"/proc/{up.service(model)}/maps").read_text()
        assert "openvino" in mapped
        assert "torch" not in mapped


def test_two_requests_in_one_piece_are_both_answered_at_once(up: stack.Stack) -> None:
    asked = f"GET /models HTTP/1.1\r\nHost: x\r\nX-API-Key: {up.key}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", up.port), 5) as client:
        client.sendall(asked * 2)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 2 or not received.endswith(b"}\n"):
            chunk = client.recv(1 << 16)
            assert chunk
            received += chunk
