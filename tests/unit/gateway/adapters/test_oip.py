"""How a backend of the Open Inference Protocol is asked, and when it is ready."""

import dataclasses
import json

import pytest

from gateway.adapters.oip import OpenInference
from gateway.status import Status
from gateway.transport import Request, Response
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.adapters import oip_backend
from tests.unit.gateway.adapters.oip_backend import PIXELS, SCORE, Server, document

MODEL = oip_backend.external()
READY = Status("ready", metadata=oip_backend.MODEL)


async def probed(server: Server, adapter: OpenInference | None = None) -> Status:
    return (await (adapter or oip_backend.adapter()).probe(server.get, {}))["m"]


async def known(**given: object) -> OpenInference:
    """An adapter that knows the metadata."""
    adapter = oip_backend.adapter()
    await probed(Server(**given), adapter)
    return adapter


async def test_it_is_ready_once_server_and_model_say_so() -> None:
    server = Server()
    assert await probed(server) == READY
    assert server.asked == ["/v2/health/ready", "/v2/models/m/ready", "/v2/models/m", "/v2"]


@pytest.mark.parametrize("target", ["/v2/health/ready", "/v2/models/m/ready"])
@pytest.mark.parametrize(
    "response", [Response(503, {}, b""), document({"error": "no"}, 404), document({"ready": False})]
)
async def test_it_is_not_while_one_of_them_says_no(target: str, response: Response) -> None:
    server = Server()
    server.answer({target: response})
    status = await probed(server)
    assert status.status == "unavailable"
    assert status.reason == f"its service says that it isn't ready ({response.status})"


async def test_metadata_is_kept_as_long_as_it_is_ready_and_fetched_anew_after_that() -> None:
    adapter, server = await known(), Server(versions=["2"])
    assert (await adapter.probe(server.get, {"m": READY}))["m"].metadata == oip_backend.MODEL
    assert "/v2/models/m" not in server.asked
    before = adapter.digest(READY)
    away = dataclasses.replace(READY, status="unavailable")
    found = (await adapter.probe(server.get, {"m": away}))["m"]
    assert found.metadata == oip_backend.MODEL | {"versions": ["2"]}
    assert adapter.digest(found) != before


@pytest.mark.parametrize("target", ["/v2/models/m", "/v2"])
@pytest.mark.parametrize(
    "response",
    [
        Response(200, {}, b"<html>"),
        Response(200, {}, b"[" * 10**5),
        document([]),
        document({"inputs": 7, "extensions": 7}),
        document({}, 404),
    ],
)
async def test_without_metadata_that_can_be_read_it_is_unavailable(
    target: str, response: Response
) -> None:
    server = Server()
    server.answer({target: response})
    adapter = oip_backend.adapter()
    status = await probed(server, adapter)
    assert (status.status, status.reason) == ("unavailable", "its metadata can't be read")
    assert adapter.digest(status) is None


async def test_what_it_takes_in_place_of_pictures_is_said_though_it_is_ready() -> None:
    status = await probed(Server(inputs=[PIXELS]))
    assert status.status == "ready"
    assert status.reason == (
        "it takes tensors (pixels FP32 [-1, 3, 224, 224]) and no encoded picture"
    )


async def test_path_and_health_are_the_manifests() -> None:
    server = Server()
    server.answer({"/up": Response(204, {}, b""), "/in/v2/models/x": document(oip_backend.MODEL)})
    server.answer({"/in/v2": document({"extensions": ["binary_tensor_data"]})})
    adapter = oip_backend.adapter(path="/in/v2/models/x", health="/up")
    assert (await probed(server, adapter)).status == "ready"
    assert adapter.metadata
    assert adapter.metadata.takes_binary
    assert server.asked[0] == "/up"
    assert adapter.request(made.exchange(), MODEL).target == "/in/v2/models/x/infer"


async def test_a_picture_is_sent_with_the_trace() -> None:
    request = (await known()).request(made.exchange({"content-type": "image/png"}), MODEL)
    assert (request.method, request.target) == ("POST", "/v2/models/m/infer")
    assert request.headers["X-Request-ID"] == "mine"
    assert request.headers["traceparent"]
    assert json.loads(request.body)["inputs"][0]["name"] == "image"


async def test_a_model_of_tensors_is_sent_no_picture() -> None:
    adapter = await known(inputs=[PIXELS])
    with pytest.raises(problems.InvalidRequest, match="/v2/models/m/infer") as raised:
        adapter.request(made.exchange(), MODEL)
    assert "pixels FP32" in raised.value.detail


def test_a_model_that_was_not_heard_of_is_sent_nothing() -> None:
    with pytest.raises(problems.ServiceUnavailable, match="not heard of yet"):
        oip_backend.adapter().request(made.exchange(), MODEL)


def infer(headers: dict[str, str]) -> Request:
    exchange = made.exchange(headers, payload=b"{}tensors")
    exchange.operation = "infer"
    return oip_backend.adapter().request(exchange, MODEL)


def test_tensors_are_passed_on_whatever_is_known_of_the_model() -> None:
    given = {"content-type": "a/b", "inference-header-content-length": "2", "cookie": "x"}
    request = infer(given)
    assert (request.target, request.body) == ("/v2/models/m/infer", b"{}tensors")
    assert request.headers["Inference-Header-Content-Length"] == "2"
    assert set(request.headers) == {
        "Content-Type", "Inference-Header-Content-Length", "X-Request-ID", "traceparent",
    }  # fmt: skip
    assert set(infer({}).headers) == {"X-Request-ID", "traceparent"}


def test_an_answer_is_in_the_shape_that_was_asked_for() -> None:
    adapter, response = oip_backend.adapter(), document({"outputs": [SCORE]})
    exchange = made.exchange()
    assert json.loads(adapter.check(response, exchange, MODEL).body)["task"] == "tensor"
    exchange.operation = "infer"
    assert json.loads(adapter.check(response, exchange, MODEL).body)["model_name"] == "m"


def test_the_backends_error_is_a_problem_of_the_model() -> None:
    with pytest.raises(problems.InvalidRequest, match="no picture") as raised:
        oip_backend.adapter().check(document({"error": "no picture"}, 400), made.exchange(), MODEL)
    assert raised.value.members["backend"] == {"status": 400, "body": {"error": "no picture"}}


@pytest.mark.parametrize("status", [200, 204, 302])
def test_what_is_no_answer_is_never_passed_on(status: int) -> None:
    with pytest.raises(problems.BadGateway, match="The service of m"):
        oip_backend.adapter().check(Response(status, {}, b"<html>"), made.exchange(), MODEL)
