"""Requests of any method, and below a model's own address."""

import pytest

from gateway import app
from gateway.adapters.raw import Raw
from passerelle.manifest.model import Backend
from passerelle.server.application import Application
from tests.support import asgi
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

KEY = {"X-API-Key": made.KEY_TEXT}


def gateway(*replies: object, is_raw: bool = True) -> tuple[Application, Replies]:
    """One whose models' backend takes any request, or is ours."""
    found = Replies(*replies)  # type: ignore[arg-type]  # the test's
    adapter = Raw(Backend(url=made.ADDRESS, path="/p")) if is_raw else None
    return app.make_app(made.state(found, adapter=adapter), made.table()), found


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "HEAD"])
async def test_a_backend_that_takes_any_request_has_it_as_it_was_sent(method: str) -> None:
    served, replies = gateway(made.streamed(201, b"a", b"b", headers={"x-own": "1"}))
    answer = await asgi.ask(served, method, "/model/m/predict/b;c?d", b"body", KEY)
    assert (answer.status, answer.headers["x-own"]) == (201, "1")
    assert answer.body == (b"" if method == "HEAD" else b"ab")
    (request,) = replies.requests
    assert (request.method, request.target, replies.bodies) == (method, "/p/b;c?d", [b"body"])


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/model/m/predict", 405),
        ("POST", "/model/m/predict/b", 404),
        ("OPTIONS", "/model/m/predict", 200),
    ],
)
async def test_models_of_ours_take_posts_at_their_own_address(
    method: str, target: str, status: int
) -> None:
    served, replies = gateway(is_raw=False)
    answer = await asgi.ask(served, method, target, b"", KEY)
    assert answer.status == status
    assert answer.headers.get("Allow", "OPTIONS, POST") == "OPTIONS, POST"
    assert not replies.requests


@pytest.mark.parametrize("is_raw", [True, False])
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "psl_none"}])
async def test_who_has_no_key_learns_nothing_of_which_models_there_are(
    headers: dict[str, str], *, is_raw: bool
) -> None:
    served, replies = gateway(is_raw=is_raw)
    for model, method in (("m", "OPTIONS"), ("none", "OPTIONS"), ("m", "GET"), ("none", "GET")):
        answer = await asgi.ask(served, method, f"/model/{model}/predict", b"", headers)
        assert answer.status == (200 if method == "OPTIONS" else 401)
    assert not replies.requests


async def test_a_backends_own_refusal_of_options_is_passed_on() -> None:
    served, _ = gateway(made.streamed(405, headers={"allow": "GET"}))
    answer = await asgi.ask(served, "OPTIONS", "/model/m/predict", b"", KEY)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
