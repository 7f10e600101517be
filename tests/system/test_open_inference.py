"""The Open Inference Protocol V2: what the gateway promises, and what is wrong with a request.

The answers are held against the contract.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from gateway.keys import api_keys, key_file
from passerelle.local import key_changes
from tests.support import open_inference, processes, stack, task_nets
from tests.support.open_inference import SIDE, own


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    with open_inference.running(tmp_path_factory.mktemp("open-inference")) as started:
        yield started


def sent(model: str = "colours", body: bytes = b"", **members: Any) -> dict[str, Any]:
    text = base64.b64encode(body or task_nets.picture()).decode()
    given = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [text]}
    return {"path": f"/v2/models/{model}/infer", "json": {"inputs": [given], **members}}


def infer(up: stack.Stack, model: str = "colours", **options: Any) -> requests.Response:
    asked = sent(model)
    return up.request("POST", asked["path"], json=asked["json"], **options)


def test_a_request_without_a_content_type_is_answered(up: stack.Stack) -> None:
    asked = sent()
    body = json.dumps(asked["json"])
    answer = up.request("POST", asked["path"], data=body, headers={"Content-Type": None})
    assert answer.status_code == 200
    assert answer.json()["model_version"] == "1"


def test_a_picture_alone_is_a_body_too(up: stack.Stack) -> None:
    headers = {"Inference-Header-Content-Length": "0"}
    for path in ("/v2/models/colours/infer", "/v2/models/colours/versions/1/infer"):
        answer = up.request("POST", path, data=task_nets.picture(), headers=headers)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        length = int(answer.headers["Inference-Header-Content-Length"])
        values = np.frombuffer(answer.content[length:], "<f4")
        assert values.tolist() == pytest.approx(own(up, "colours")["embedding"])


def test_a_key_holds_for_its_models_alone(up: stack.Stack) -> None:
    text, key = api_keys.new("bob", ("colours",), None)
    file = up.state / "keys.yaml"
    key_changes.write(file, [*key_file.read(file).by_prefix.values(), key])
    bob = {"X-API-Key": text}
    stack.wait_for(lambda: infer(up, headers=bob).ok, 10)
    refused = infer(up, "boxes", headers=bob)
    assert (refused.status_code, [*refused.json()]) == (403, ["error"])
    for path in ("/v2/models/boxes", "/v2/models/boxes/ready"):
        assert up.get(path, headers=bob).status_code == 403
    index = up.request("POST", "/v2/repository/index", headers=bob)
    assert [each["name"] for each in index.json()] == ["colours"]
    nobody = {"X-API-Key": None}
    for path in ("/v2", "/v2/", "/v2/models/colours", "/v2/models/colours/ready"):
        assert up.get(path, headers=nobody).status_code == 401
    for path in ("/v2/health/live", "/v2/health/ready"):
        assert up.get(path, headers=nobody).ok


def test_a_trace_goes_on_and_the_steps_are_told(up: stack.Stack) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-ec6c74c1f1c4adf7-01"
    answer = infer(up, headers={"traceparent": trace, "X-Request-ID": "trial.1"})
    assert answer.headers["X-Request-ID"] == "trial.1"
    assert answer.headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
    assert steps[:4] == ["auth", "route", "read", "upstream"]
    assert "infer" in steps


def test_a_deadline_holds(up: stack.Stack) -> None:
    late = infer(up, headers={"X-Request-Timeout": "0.000001"})
    assert (late.status_code, [*late.json()]) == (504, ["error"])


def test_the_cache_keeps_outputs_apart_from_answers_and_by_what_was_asked(up: stack.Stack) -> None:
    def status(**members: Any) -> str:
        asked = sent("kept", **members)
        answer = up.request("POST", asked["path"], json=asked["json"])
        assert answer.ok
        found = answer.headers["Cache-Status"].removeprefix("passerelle; ")
        return found.partition(";")[0]

    assert up.predict("kept", task_nets.picture()).ok
    assert [status(), status()] == ["fwd=miss", "hit"]
    assert status(parameters={"binary_data_output": True}) == "fwd=miss"
    kept = sent("kept", parameters={"binary_data_output": True})
    answer = up.request("POST", kept["path"], json=kept["json"])
    assert answer.headers["Cache-Status"].startswith("passerelle; hit")
    length = int(answer.headers["Inference-Header-Content-Length"])
    assert json.loads(answer.content[:length])["model_name"] == "kept"


def test_it_is_counted_in_the_history(up: stack.Stack) -> None:
    def requests_of(model: str) -> int:
        (found,) = [e for e in up.get("/history").json()["models"] if e["id"] == model]
        return sum(each["requests"] for each in found["slots"])

    before = requests_of("strict")
    assert infer(up, "strict").ok
    assert requests_of("strict") == before + 1


THEIRS = """\
version: 1
models:
  - id: far
    cache: {{size: 9, ttl: 60s}}
    backend:
      {{url: "{url}", protocol: oip, path: /v2/models/{model}, headers: {{X-API-Key: env:FAR}}}}
"""


@pytest.mark.parametrize("model", ["colours", "words"])
def test_a_gateway_is_a_backend_of_another(model: str, up: stack.Stack, tmp_path: Path) -> None:
    manifest = THEIRS.format(url=up.url, model=model)
    with processes.gateway(
        tmp_path, "unix:/none", environ={"FAR": up.key}, manifest=manifest
    ) as far:
        asked, key = f"{far.url}/v2/models/far", {"X-API-Key": far.key}
        stack.wait_for(lambda: requests.get(f"{asked}/ready", headers=key, timeout=9).ok, 20)
        here = up.get(f"/v2/models/{model}").json()
        assert requests.get(asked, headers=key, timeout=9).json() == here | {"name": "far"}
        for is_binary in (False, True):
            body = sent(parameters={"binary_data_output": is_binary}, id="7")["json"]
            answers = [
                requests.post(f"{asked}/infer", json=body, headers=key, timeout=9) for _ in range(2)
            ]
            direct = up.request("POST", f"/v2/models/{model}/infer", json=body)
            for each in answers:
                assert parts(each) == parts(direct)
            kept = [each.headers["Cache-Status"].partition(";")[2][:5] for each in answers]
            assert kept == [" fwd=", " hit;"]
        predicted = requests.post(
            f"{far.url}/model/far/predict", data=task_nets.picture(), headers=key, timeout=9
        )
        takes_pictures = model == "words"
        assert predicted.status_code == (200 if takes_pictures else 400)
        if takes_pictures:
            (result,) = predicted.json()["outputs"]
            assert json.loads(result["data"][0]) == {"result": own(up, "words")["result"]}


def parts(answer: requests.Response) -> tuple[Any, bytes]:
    """The outputs of an answer, and the bytes behind its JSON."""
    assert answer.ok, answer.text
    length = int(answer.headers.get("Inference-Header-Content-Length", len(answer.content)))
    document = json.loads(answer.content[:length])
    return (document["id"], document["outputs"]), answer.content[length:]


BAD: dict[str, Any] = {
    "length out of range": (b"{}", {"Inference-Header-Content-Length": "9"}, 400),
    "length no number": (b"{}", {"Inference-Header-Content-Length": "x"}, 400),
    "no json": (b"\xff\xd8", {}, 400),
    "deep": (b"[" * 100_000, {}, 400),
    "deep object": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {}, 400),
    "nan": (b'{"inputs": [{"name": "pixels", "data": [NaN]}]}', {}, 400),
    "many values": (b"[" + b"0," * 2_100_000, {}, 400),
    "no gzip": (b"{}", {"Content-Encoding": "gzip"}, 400),
    "other coding": (b"{}", {"Content-Encoding": "br"}, 415),
    "empty": (b"", {}, 400),
    "large": (b"x" * 20_000_001, {}, 413),
    "raw nothing": (b"x", {"Inference-Header-Content-Length": "0"}, 415),
}
TENSOR: dict[str, Any] = {
    "name": "pixels",
    "datatype": "UINT8",
    "shape": [1, SIDE, SIDE, 3],
    "data": [1],
}
CHANGED: dict[str, tuple[dict[str, Any], int]] = {
    "negative": ({"shape": [-1, SIDE, SIDE, 3]}, 400),
    "overflow": ({"shape": [2**62, 2**62, 2**62, 3]}, 400),
    "huge batch": ({"shape": [2**61, SIDE, SIDE, 3]}, 413),
    "count": ({}, 400),
    "datatype": ({"datatype": "FP32"}, 400),
    "unknown datatype": ({"datatype": "FP8"}, 400),
    "name": ({"name": "other"}, 400),
}
BAD |= {
    name: (json.dumps({"inputs": [TENSOR | changed]}).encode(), {}, status)
    for name, (changed, status) in CHANGED.items()
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_and_the_service_lives(name: str, up: stack.Stack) -> None:
    body, headers, status = BAD[name]
    process = up.service("colours")
    answer = up.request("POST", "/v2/models/colours/infer", data=body, headers=headers)
    assert (answer.status_code, [*answer.json()]) == (status, ["error"])
    assert infer(up).ok
    assert up.service("colours") == process
