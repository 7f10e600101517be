"""What clients of the Open Inference Protocol ask beside inference, over a gateway in memory."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

import passerelle
from gateway import app
from gateway.front_ends import open_inference_models
from gateway.status import Status
from passerelle.manifest.model import Backend, ExternalModel
from passerelle.server.application import Application
from tests.support import asgi
from tests.unit.gateway import made

KEY = {"X-API-Key": made.KEY_TEXT}  # which may use m alone
SIGNATURE = {
    "inputs": [{"name": "pixels", "shape": [1, 8, 8, 3], "datatype": "UINT8"}],
    "outputs": [
        {"name": "logits", "shape": [1, 3], "datatype": "FP32"},
        {"name": "boxes", "shape": [-1, 4], "datatype": "FP32"},
        {"name": "scale", "shape": [], "datatype": "FP32"},
    ],
}
CARD = {"digest": made.DIGEST, "engine": "openvino", "signature": SIGNATURE}
BYTES = {"datatype": "BYTES", "shape": [-1]}


def gateway(status: Status | None = None) -> Application:
    """A gateway with the models `m` and `n`, whose status is given."""
    state = made.state(made.Replies())
    for route in state.routes.current.by_id.values():
        for replica in route.upstream.replicas.values():
            replica.statuses = {"m": status or Status("ready", "", CARD)}
    return app.make_app(state, made.table())


async def get(
    target: str, status: Status | None = None, headers: Mapping[str, str] = KEY
) -> asgi.Answer:
    return await asgi.ask(gateway(status), "GET", target, headers=headers)


@pytest.mark.parametrize("target", ["/v2", "/v2/"])
async def test_the_server_names_the_extensions_that_are_there(target: str) -> None:
    assert (await get(target)).json == {
        "name": "passerelle", "version": passerelle.__version__,
        "extensions": ["binary_tensor_data", "classification"],
    }  # fmt: skip


async def test_health_needs_no_key_has_both_members_and_no_line_in_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for headers in ({}, KEY):
        assert (await get("/v2/health/live", headers=headers)).json == {"live": True}
        ready = await get("/v2/health/ready", headers=headers)
        assert (ready.status, ready.json) == (200, {"ready": True, "live": True})
    assert not capsys.readouterr().out


async def test_a_gateway_that_can_not_answer_is_live_and_not_ready() -> None:
    waiting = Status("starting", "the model is being loaded")
    found = await get("/v2/health/ready", waiting)
    assert (found.status, [*found.json]) == (503, ["error"])
    assert (await get("/v2/health/live", waiting)).status == 200


@pytest.mark.parametrize("target", ["/v2/models/m", "/v2/models/m/versions/1"])
async def test_a_models_tensors_are_those_of_its_card_in_a_batch_of_any_size(target: str) -> None:
    assert (await get(target)).json == {
        "name": "m", "versions": ["1"], "platform": "passerelle_openvino",
        "inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [-1, 8, 8, 3]}],
        "outputs": [
            {"name": "logits", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "boxes", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "scale", "datatype": "FP32", "shape": []},
        ],
    }  # fmt: skip


async def test_a_model_with_code_of_its_own_takes_a_picture_and_gives_json() -> None:
    found = (await get("/v2/models/m", Status("ready", "", CARD | {"handler": "own:Own"}))).json
    assert found["inputs"] == [{"name": "image"} | BYTES]
    assert found["outputs"] == [{"name": "result"} | BYTES]


async def test_a_backends_own_metadata_is_passed_on_under_the_id_here() -> None:
    own = {"name": "theirs", "versions": ["3"], "platform": "p", "inputs": [], "outputs": []}
    found = (await get("/v2/models/m", Status("ready", metadata=own))).json
    assert found == own | {"name": "m", "versions": ["1"]}


async def test_a_model_that_nothing_is_known_of_yet_is_unavailable() -> None:
    found = await get("/v2/models/m", Status("starting", "its service was not heard of yet"))
    assert (found.status, found.headers["Retry-After"]) == (503, "1")
    assert "it is starting" in found.json["error"]


@pytest.fixture
def raw() -> Application:
    """A gateway whose model `m` is somebody else's, of another protocol."""
    state = made.state(made.Replies())
    backend = Backend(url="http://127.0.0.1:1", protocol="raw")
    model = ExternalModel(id="m", title="M", service="m", timeout=1.0, backend=backend)
    routes = state.routes.current.by_id
    routes["m"] = dataclasses.replace(routes["m"], model=model)
    return app.make_app(state, made.table())


@pytest.mark.parametrize("target", ["/v2/models/m", "/v2/models/m/ready"])
async def test_a_backend_of_another_protocol_can_not_be_asked(
    target: str, raw: Application
) -> None:
    found = await asgi.ask(raw, "GET", target, headers=KEY)
    assert (found.status, "m takes no tensors" in found.json["error"]) == (400, True)


async def test_a_backend_of_another_protocol_is_not_in_the_index(raw: Application) -> None:
    assert (await asgi.ask(raw, "POST", "/v2/repository/index", b"", KEY)).json == []


@pytest.mark.parametrize("target", ["/v2/models/m/ready", "/v2/models/m/versions/1/ready"])
async def test_a_model_is_ready_or_says_why_not(target: str) -> None:
    assert (await get(target)).json == {"name": "m", "ready": True}
    waiting = await get(target, Status("starting", "the model is being loaded"))
    assert waiting.status == 503
    assert "m is starting: the model is being loaded" in waiting.json["error"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v2/models/n", 403),
        ("/v2/models/n/ready", 403),
        ("/v2/models/m/versions/2", 404),
        ("/v2/models/m/versions/2/ready", 404),
        ("/v2/models/m/stats", 404),
        ("/v2/models/m/infer", 405),
        ("/v2/repository/index", 405),
        ("/v2/nothing/at/all", 404),
    ],
)
async def test_each_refusal_is_json_with_an_error(target: str, status: int) -> None:
    found = await get(target)
    assert (found.status, found.media_type) == (status, "application/json")
    assert [*found.json] == ["error"]
    without = await get(target, headers={})
    assert without.status in {401, 404, 405}
    assert [*without.json] == ["error"]


async def index(body: bytes, status: Status | None = None) -> Any:
    found = await asgi.ask(gateway(status), "POST", "/v2/repository/index", body, KEY)
    return found.json


READY = {"name": "m", "version": "1", "state": "READY", "reason": ""}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"ready": true}'])
async def test_the_index_has_the_models_that_the_key_may_use(body: bytes) -> None:
    assert await index(body) == [READY]


async def test_the_index_has_those_that_are_ready_alone_for_who_asks() -> None:
    waiting = Status("starting", "the model is being loaded")
    (only,) = await index(b"", waiting)
    assert only == READY | {"state": "UNAVAILABLE", "reason": "the model is being loaded"}
    assert await index(b'{"ready": true}', waiting) == []


@pytest.mark.parametrize("body", [b"x", b"[]", b"7", b"[" * 5000])
async def test_an_index_that_is_asked_for_in_another_form_is_refused(body: bytes) -> None:
    assert "no JSON object" in (await index(body))["error"]


@pytest.mark.parametrize("body", [b'{"ready": {}}', b'{"ready": null}', b'{"ready": 1}'])
async def test_an_index_of_models_that_are_neither_ready_nor_not_is_refused(body: bytes) -> None:
    assert "neither true nor false" in (await index(body))["error"]


def test_what_a_card_of_long_ago_does_not_say_is_left_out() -> None:
    found = open_inference_models.of_card({})
    assert json.loads(json.dumps(found)) == {
        "platform": "passerelle_unknown", "inputs": [], "outputs": [],
    }  # fmt: skip
