"""The Open Inference Protocol V2: requests become exchanges, and answers and errors responses."""

import gzip
import json

import pytest

from gateway.front_ends import open_inference
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.server.messages import Request
from tests.unit.gateway import made

LENGTH = "inference-header-content-length"


def request(body: bytes = b"{}", version: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    found = made.request(b"top=3", named, body)
    found.parameters = {"model_id": "m"} | ({"version": version} if version else {})
    return found


def test_a_request_is_an_exchange_of_tensors_with_no_query() -> None:
    exchange = open_inference.receive(request(authorization="Bearer key", accept="image/png"))
    assert (exchange.model_id, exchange.operation, exchange.query) == ("m", "infer", {})
    assert exchange.client.api_key == "key"
    assert "accept" not in exchange.headers


def test_a_key_in_the_address_is_noticed() -> None:
    sent = made.request(query=b"api_key=x")
    assert open_inference.receive(sent).client.key_in_query


@pytest.mark.parametrize("protocol", ["passerelle", "oip"])
@pytest.mark.parametrize("version", ["", "1"])
async def test_the_body_is_read_as_it_is(protocol: str, version: str) -> None:
    sent = request(b"{}tensors", version)
    exchange = open_inference.receive(sent)
    exchange.protocol = protocol
    await open_inference.read_payload(exchange, sent, 100)
    assert exchange.payload == b"{}tensors"
    assert [*exchange.span.steps] == ["read"]


async def test_a_compressed_body_is_inflated() -> None:
    sent = request(gzip.compress(b"{}tensors"), content_encoding="gzip")
    exchange = open_inference.receive(sent)
    exchange.protocol = "passerelle"
    await open_inference.read_payload(exchange, sent, 100)
    assert exchange.payload == b"{}tensors"


async def test_another_version_is_not_found_before_the_body_is_read() -> None:
    sent = request(version="2")
    with pytest.raises(problems.NotFound, match="m has no version '2', but '1' alone"):
        await open_inference.read_payload(open_inference.receive(sent), sent, 0)


@pytest.mark.parametrize("protocol", ["raw", "pipeline"])
async def test_a_backend_that_takes_no_tensors_is_told_so(protocol: str) -> None:
    sent = request()
    exchange = open_inference.receive(sent)
    exchange.protocol = protocol
    with pytest.raises(problems.InvalidRequest, match="Ask it at POST /model/m/predict"):
        await open_inference.read_payload(exchange, sent, 0)


async def test_an_answer_says_where_its_json_ends() -> None:
    headers = {
        "content-type": "application/octet-stream", LENGTH: "2", "model": "m",
        "server-timing": "infer;dur=2",
    }  # fmt: skip
    exchange = made.exchange()
    found = await open_inference.respond(exchange, Response(200, headers, b"{}x"))
    assert (found.status, found.body) == (200, b"{}x")
    assert found.headers == [
        ("Content-Type", "application/octet-stream"), ("Inference-Header-Content-Length", "2"),
    ]  # fmt: skip
    assert exchange.span.downstream == "infer;dur=2"
    json_alone = await open_inference.respond(exchange, Response(200, {}, b"{}"))
    assert json_alone.headers == []


async def test_a_services_problem_is_raised() -> None:
    body = b'{"detail": "It is broken.", "request_id": "mine"}'
    response = Response(422, {"content-type": "application/problem+json"}, body)
    with pytest.raises(problems.Problem) as raised:
        await open_inference.respond(made.exchange(), response)
    assert (raised.value.status, raised.value.detail) == (422, "It is broken.")


def test_an_error_is_json_with_one_member_and_keeps_its_headers() -> None:
    found = open_inference.refuse(problems.ServiceUnavailable("Busy.", 7), made.request())
    assert (found.status, json.loads(found.body)) == (503, {"error": "Busy."})
    assert found.headers == [("Content-Type", "application/json"), ("Retry-After", "7")]
