"""How our own model services are asked, and which of their responses are answers."""

import json

import pytest

from gateway import adapter
from gateway.transport import Response
from passerelle.protocol import problems
from tests.unit.gateway import made


def test_the_address_is_of_the_manifests_id_and_top_alone() -> None:
    exchange = made.exchange(query={"top": "3", "key": "secret"})
    request = adapter.request(exchange, made.route())
    assert (request.method, request.target) == ("POST", "/model/m/predict?top=3")
    assert request.body == b"picture"


def test_the_trace_goes_along_and_of_the_clients_headers_only_the_content_type() -> None:
    exchange = made.exchange({"content-type": "image/png", "cookie": "x", "authorization": "y"})
    request = adapter.request(exchange, made.route())
    assert set(request.headers) == {"Content-Type", "X-Request-ID", "traceparent"}
    assert request.headers["X-Request-ID"] == "mine"


def test_a_header_that_connection_names_ends_at_the_gateway() -> None:
    exchange = made.exchange({"content-type": "image/png", "connection": "close, Content-Type"})
    assert adapter.forwarded_headers(exchange) == {}


def test_an_answer_of_the_model_and_a_problem_are_passed_on() -> None:
    headers = {"content-type": "application/problem+json; charset=utf-8"}
    for response in (made.answer(), Response(422, headers, b'{"detail": "broken"}')):
        assert adapter.check(response, made.route()) is response


@pytest.mark.parametrize(
    "response",
    [
        Response(200, {}, b"not json"),
        Response(200, {}, b"[" * 100_000),
        Response(200, {}, json.dumps({"model": "another"}).encode()),
        Response(200, {}, b"[]"),
        Response(500, {"content-type": "text/html"}, b"{}"),
        Response(302, {"content-type": "application/problem+json"}, b"{}"),
    ],
)
def test_anything_else_is_a_bad_gateway(response: Response) -> None:
    with pytest.raises(problems.BadGateway, match="makes no sense"):
        adapter.check(response, made.route())
