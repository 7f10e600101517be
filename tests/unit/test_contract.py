"""An answer that openapi.yaml does not describe fails the test that received it."""

import dataclasses
import json
from typing import Any

import pytest
import requests
import yaml
from requests.structures import CaseInsensitiveDict
from ruamel.yaml import YAML

from passerelle.protocol import tasks
from tests.support import contract, stack

PREDICT = "/model/efficientnet-lite0/predict"
IDS = {
    "X-Request-ID": "trial.1",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-ec6c74c1f1c4adf7-01",
}
BODY = {
    "model": "efficientnet-lite0",
    "task": "classification",
    "category": "tabby",
    "predictions": [{"class_id": 281, "label": "tabby", "score": 0.5}],
    "request_id": "trial.1",
}
PROBLEM = {
    "type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is none.",
    "request_id": "trial.1",
}  # fmt: skip


def answer(method: str, path: str, status: int, body: Any, **headers: str) -> contract.Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = "application/problem+json" if status >= 400 else "application/json"
    fields = CaseInsensitiveDict(IDS | {"Content-Type": kind} | named)
    return contract.Answer(method, path, status, fields, json.dumps(body).encode())


def predicted(**fields: Any) -> contract.Answer:
    return answer("post", PREDICT, 200, BODY | fields, Server_Timing="auth;dur=0.1", X_Model="m")


def without(given: contract.Answer, header: str) -> contract.Answer:
    headers = given.headers.copy()
    del headers[header]
    return dataclasses.replace(given, headers=headers)


def test_no_name_stands_twice_in_the_contract() -> None:
    YAML(typ="safe").load(stack.ROOT / "openapi.yaml")  # which refuses that, as browsers do


def examples() -> dict[str, Any]:
    """The examples of a prediction's answer, by their names."""
    document = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())
    response = document["paths"]["/model/{model_id}/predict"]["post"]["responses"]["200"]
    found: dict[str, Any] = response["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in found.items()}


def test_every_task_has_an_example_and_so_have_several_pictures() -> None:
    assert set(examples()) == {*tasks.NAMES, "pipeline", "results"}


@pytest.mark.parametrize("example", examples().values(), ids=examples())
def test_the_examples_are_as_the_contract_says(example: dict[str, Any]) -> None:
    contract.check(answer("post", PREDICT, 200, example, Server_Timing="auth;dur=0.1", X_Model="m"))
    task = example["task"]
    whole = {name: each for name, each in example.items() if name != "task"}
    contract.check(answer("post", PREDICT, 200, whole, Server_Timing="auth;dur=0.1", X_Model="m"))
    assert task in (*tasks.NAMES, "pipeline")


RESULT = {"category": "tabby", "predictions": BODY["predictions"]}
REFUSED = {"problem": {"status": 422, "title": "Unprocessable Content", "detail": "Broken."}}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (RESULT | REFUSED, "is valid under each of"),
        (RESULT | {"model": "m"}, "'model' was unexpected"),
        ({"problem": {"status": 422}}, "'title' is a required property"),
        ({}, "is a required property"),
    ],
)
def test_a_result_is_an_answer_or_a_problem(result: dict[str, Any], reason: str) -> None:
    head = {"model": "m", "task": "classification", "request_id": "x"}

    def answered(*results: object) -> contract.Answer:
        body = head | {"results": results}
        return answer("post", PREDICT, 200, body, Server_Timing="auth;dur=0.1", X_Model="m")

    contract.check(answered(RESULT, REFUSED))
    with pytest.raises(contract.ContractError, match=reason):
        contract.check(answered(RESULT, result))


def test_an_answer_may_be_a_png_and_no_other_picture() -> None:
    headers = {"Content-Type": "image/png", "Vary": "Accept", "Server-Timing": "auth;dur=0.1"}
    headers |= {"X-Model": "m"}
    png = dataclasses.replace(
        predicted(), headers=CaseInsensitiveDict(IDS | headers), data=b"\x89PNG\r\n\x1a\n\0"
    )
    contract.check(png)
    png.headers["Content-Type"] = "image/webp"
    with pytest.raises(contract.ContractError, match="image/webp"):
        contract.check(png)


@pytest.mark.parametrize(
    "good",
    [
        predicted(),
        answer("get", "/health/live", 200, {"status": "live"}),
        answer("get", "/models/none", 404, PROBLEM | {"nearest": ["efficientnet-lite0"]}),
        answer("get", "/no/such/path", 404, PROBLEM),
        answer("delete", "/models", 405, PROBLEM | {"status": 405}, Allow="GET, HEAD, OPTIONS"),
        dataclasses.replace(answer("head", "/models", 200, None), data=b""),
    ],
    ids=["prediction", "health", "problem", "no path", "wrong method", "head"],
)
def test_an_answer_as_the_contract_says_is_good(good: contract.Answer) -> None:
    contract.check(good)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            predicted(predictions=[{"class_id": 1, "label": "x", "score": "2"}]),
            "not of type 'number'",
        ),
        (predicted(category=None), "not of type 'string'"),
        (predicted(secret=1), "'secret' was unexpected"),
        (without(predicted(), "traceparent"), "traceparent"),
        (without(predicted(), "Server-Timing"), "Server-Timing"),
        (answer("get", "/health/live", 200, {"status": "live"}, X_Other="1"), "header x-other"),
        (answer("get", "/health/live", 200, {"status": "dead"}), "'live' was expected"),
        (answer("get", "/health/live", 418, PROBLEM), "no such status"),
        (answer("get", "/models/none", 404, PROBLEM, Content_Type="text/html"), "text/html"),
        (answer("get", "/no/such/path", 200, BODY), "no such path"),
    ],
)
def test_a_broken_answer_is_told_with_its_reason(broken: contract.Answer, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason) as told:
        contract.check(broken)
    assert f"{broken.method.upper()} {broken.path} {broken.status_code}: " in str(told.value)


class OneAnswer(requests.adapters.BaseAdapter):
    """A transport that answers every request alike."""

    def __init__(self, given: contract.Answer) -> None:
        super().__init__()
        self.given = given

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        made = requests.Response()
        made.status_code, made.headers = self.given.status_code, self.given.headers
        made._content, made.request, made.url = self.given.data, request, request.url or ""
        return made

    def close(self) -> None:
        pass


def test_whoever_asks_a_gateway_has_its_answer_checked_and_no_other_server_has() -> None:
    with requests.Session() as session:
        session.mount("http://", OneAnswer(predicted(secret=1)))
        with contract.enforced(), contract.gateway("http://gateway:1"):
            assert session.post(f"http://service:1{PREDICT}").ok
            with pytest.raises(contract.ContractError, match="secret"):
                session.post(f"http://gateway:1{PREDICT}")
        assert session.post(f"http://gateway:1{PREDICT}").ok


def test_an_answer_from_a_socket_is_read_as_one() -> None:
    body = json.dumps({"status": "live"}).encode()
    ids = "".join(f"{name}: {value}\r\n" for name, value in IDS.items())
    head = f"HTTP/1.1 200 OK\r\n{ids}Content-Type: application/json\r\nContent-Length: {len(body)}"
    read = contract.of_bytes("GET", "/health/live", head.encode() + b"\r\n\r\n" + body)
    assert (read.status_code, read.data) == (200, body)
    contract.check(read)
