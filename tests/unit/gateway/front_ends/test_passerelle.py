"""Our own API: requests become exchanges, and answers responses."""

import dataclasses
import json

import pytest

from gateway.exchange import Exchange
from gateway.front_ends import passerelle
from passerelle.protocol import problems
from passerelle.protocol.problems import Problem
from passerelle.server.messages import Request
from tests.unit.gateway import made


def test_a_request_is_an_exchange_with_its_own_parts() -> None:
    request = made.request(
        query=b"top=3&top=4&empty=", headers={"content-type": "image/png", "x-api-key": " key "}
    )
    exchange = passerelle.receive(request)
    assert (exchange.model_id, exchange.client.api_key) == ("m", "key")
    assert not exchange.client.key_in_query
    assert exchange.query == {"top": "3", "empty": ""}
    assert exchange.headers["content-type"] == "image/png"
    assert exchange.span is request.span
    assert exchange.payload == b""  # nobody has read it yet


@pytest.mark.parametrize("name", ["key", "API_KEY", "access_token"])
def test_a_key_in_the_address_is_noticed(name: str) -> None:
    assert passerelle.receive(made.request(query=f"{name}=x".encode())).client.key_in_query


async def test_the_payload_is_read_into_the_exchange_and_timed() -> None:
    request = made.request(body=b"picture")
    exchange = passerelle.receive(request)
    await passerelle.read_payload(exchange, request, 7)
    assert exchange.payload == b"picture"
    assert list(exchange.span.steps) == ["read"]


async def test_a_body_over_the_limit_is_a_problem() -> None:
    request = made.request(body=b"picture")
    with pytest.raises(problems.ContentTooLarge):
        await passerelle.read_payload(passerelle.receive(request), request, 6)


async def test_an_answer_has_both_hops_timings_and_only_the_headers_for_clients() -> None:
    exchange, found = made.exchange(), made.answer()
    exchange.span.steps["read"] = 0.001
    headers = {"server-timing": "infer;dur=2", "x-internal": "no", "retry-after": "3"}
    answer = dataclasses.replace(found, headers={**found.headers, **headers})
    response = await passerelle.respond(exchange, answer)
    assert (response.status, response.body) == (200, found.body)
    assert exchange.span.server_timing == "read;dur=1.00, infer;dur=2"
    assert response.headers == [("Content-Type", "application/json"), ("Retry-After", "3")]


async def test_how_many_pictures_an_answer_is_to_is_for_the_log() -> None:
    exchange, headers = made.exchange(), {"pictures": "3", "vary": "Accept"}
    response = await passerelle.respond(
        exchange, dataclasses.replace(made.answer(), headers=headers)
    )
    assert (exchange.span.fields["pictures"], response.headers) == (3, [("Vary", "Accept")])


@pytest.mark.parametrize("text", ["", "-1", "many", "9" * 10, "\N{SUPERSCRIPT TWO}"])
async def test_what_is_no_number_of_pictures_is_not(text: str) -> None:
    exchange = made.exchange()
    await passerelle.respond(
        exchange, dataclasses.replace(made.answer(), headers={"pictures": text})
    )
    assert not exchange.span.fields


def test_a_problem_is_problem_details() -> None:
    response = passerelle.refuse(problems.NotFound("There is none."), made.request())
    document = json.loads(response.body)
    assert (response.status, document["detail"]) == (404, "There is none.")
    assert response.headers == [("Content-Type", "application/problem+json")]


# A backend that takes requests as they are.


def raw(request: Request, *, is_streamed: bool = True) -> Exchange:
    exchange = passerelle.receive(request)
    exchange.protocol, exchange.is_streamed = "raw", is_streamed
    return exchange


async def test_what_goes_on_as_it_comes_is_not_read() -> None:
    request = made.request(body=b"picture", headers={"content-length": "7"})
    request.target = b"/model/m/predict/a?b"
    exchange = raw(request)
    await passerelle.read_payload(exchange, request, 1)
    assert exchange.as_sent
    assert (exchange.payload, exchange.as_sent.below) == (b"", "/a?b")


@pytest.mark.parametrize("body", [b"", b"text"])
async def test_what_is_kept_is_read_whole_whatever_it_is(body: bytes) -> None:
    request = made.request(body=body, headers={"content-encoding": "br"})
    request.target = b"/model/m/predict"
    exchange = raw(request, is_streamed=False)
    await passerelle.read_payload(exchange, request, 10)
    assert exchange.payload == body


async def test_its_answer_has_all_its_headers_and_comes_in_parts() -> None:
    request = made.request()
    request.target = b"/model/m/predict"
    exchange = raw(request)
    await passerelle.read_payload(exchange, request, 10)
    headers = {"x-own": "1", "content-length": "2", "server-timing": "infer;dur=2"}
    response = await passerelle.respond(exchange, made.streamed(201, b"ok", headers=headers))
    assert response.headers == [("x-own", "1"), ("content-length", "2")]
    assert response.parts
    assert [part async for part in response.parts] == [b"ok"]
    assert exchange.span.downstream == "infer;dur=2"


async def test_models_of_ours_take_posts_alone_and_nothing_below_their_address() -> None:
    request = made.request(body=b"picture")
    request.method = "PUT"
    with pytest.raises(Problem, match="does not take PUT") as raised:
        await passerelle.read_payload(passerelle.receive(request), request, 10)
    assert raised.value.headers == {"Allow": "OPTIONS, POST"}
    request.method = "POST"
    request.parameters = {"model_id": "m", "below": "/a"}
    with pytest.raises(problems.NotFound):
        await passerelle.read_payload(passerelle.receive(request), request, 10)
