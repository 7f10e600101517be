"""Requests become exchanges, and answers responses."""

import flask
import pytest

from gateway import front_end
from gateway.transport import Response
from passerelle.server import application
from tests.unit.gateway import made


@pytest.fixture
def app() -> flask.Flask:
    """An application whose one route gives back what the front end made of its request."""
    made_app = application.create("test", project="")

    @made_app.post("/echo")
    def echo() -> dict[str, object]:
        exchange = front_end.receive(flask.request, "m")
        front_end.read_payload(exchange, flask.request, 100)
        return {
            "key": exchange.client.api_key,
            "key_in_query": exchange.client.key_in_query,
            "query": exchange.query,
            "content_type": exchange.headers.get("content-type"),
            "payload": exchange.payload.decode(),
            "request_id": exchange.span.trace.request_id,
        }

    @made_app.get("/answer")
    def answer() -> flask.Response:
        found = made.answer()
        headers = {**found.headers, "server-timing": "infer;dur=2", "x-internal": "no"}
        exchange = front_end.receive(flask.request, "m")
        return front_end.respond(exchange, Response(200, headers, found.body))

    return made_app


def test_a_request_is_an_exchange_with_its_own_parts(app: flask.Flask) -> None:
    response = app.test_client().post(
        "/echo?top=3&top=4&empty=", data=b"picture", content_type="image/png",
        headers={"X-API-Key": " key ", "X-Request-ID": "mine"},
    )  # fmt: skip
    assert response.json == {
        "key": "key",
        "key_in_query": False,
        "query": {"top": "3", "empty": ""},
        "content_type": "image/png",
        "payload": "picture",
        "request_id": "mine",
    }


@pytest.mark.parametrize(
    ("authorization", "key"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("abc", "")],
)
def test_a_key_may_come_as_a_bearer_token(app: flask.Flask, authorization: str, key: str) -> None:
    response = app.test_client().post("/echo", data=b"x", headers={"Authorization": authorization})
    assert response.get_json()["key"] == key


@pytest.mark.parametrize("name", ["key", "API_KEY", "access_token"])
def test_a_key_in_the_address_is_noticed(app: flask.Flask, name: str) -> None:
    assert app.test_client().post(f"/echo?{name}=x", data=b"x").get_json()["key_in_query"] is True


def test_a_body_over_the_limit_is_a_problem(app: flask.Flask) -> None:
    response = app.test_client().post("/echo", data=b"x" * 101)
    assert response.status_code == 413
    assert response.mimetype == "application/problem+json"


def test_an_answer_has_both_hops_timings_and_only_the_headers_for_clients(app: flask.Flask) -> None:
    response = app.test_client().get("/answer")
    assert response.get_json()["category"] == "cat"
    assert response.headers["Server-Timing"].endswith("infer;dur=2")
    assert "X-Internal" not in response.headers
    assert "Artifact-Digest" not in response.headers
