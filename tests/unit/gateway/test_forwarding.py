"""The hop, with replies that a test gives in place of a service."""

from typing import Any

import pytest

from gateway import forwarding, id_tokens, transport
from gateway.routes import Route
from gateway.transport import Response
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies


def route(*replies: Response | Exception, status: str = "ready") -> tuple[Route, Replies]:
    """A route to a service with one replica, and its replies."""
    upstream, given = made.upstream(status=status), Replies(*replies)
    for replica in upstream.replicas.values():
        pool: Any = given
        replica.pool = pool
    return made.route(upstream), given


def test_the_services_answer_comes_back_and_it_hears_how_much_time_is_left() -> None:
    found, replies = route(made.answer())
    exchange = made.exchange({"x-request-timeout": "4"})
    assert forwarding.forward(exchange, found, elapsed=1.0).status == 200
    assert 2.5 < float(replies.requests[0].headers["X-Request-Timeout"]) <= 3.0
    assert exchange.span.fields == {"model": "m"}
    assert "upstream" in exchange.span.steps


@pytest.mark.parametrize("status", ["starting", "failed", "unavailable", "draining"])
def test_a_model_that_is_not_ready_is_not_asked(status: str) -> None:
    found, replies = route(status=status)
    with pytest.raises(problems.ServiceUnavailable, match=f"m is {status}: because"):
        forwarding.forward(made.exchange(), found)
    assert not replies.requests


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (transport.UnreachableError("x"), problems.BadGateway, "can't be reached"),
        (transport.BrokenError("x"), problems.BadGateway, "broke off"),
        (OSError("10.0.0.7 went away"), problems.BadGateway, "broke off"),
        (TimeoutError(), problems.GatewayTimeout, "did not answer within 10 s"),
        (id_tokens.IdTokenError("x"), problems.ServiceUnavailable, "can't prove who it is"),
    ],
)
def test_each_failure_is_a_problem_that_names_no_address(
    error: Exception, kind: type[problems.Problem], sentence: str
) -> None:
    found, _ = route(error)
    with pytest.raises(kind, match=sentence) as raised:
        forwarding.forward(made.exchange(), found)
    assert "10.0.0.7" not in raised.value.detail


def test_a_request_whose_time_is_over_is_not_sent() -> None:
    found, replies = route(made.answer())
    with pytest.raises(problems.GatewayTimeout):
        forwarding.forward(made.exchange(), found, elapsed=11.0)
    assert not replies.requests


def test_the_shorter_of_the_two_timeouts_holds() -> None:
    found, _ = route()
    assert forwarding.time_limit(made.exchange(), found) == 10.0
    assert forwarding.time_limit(made.exchange({"x-request-timeout": "2"}), found) == 2.0
    assert forwarding.time_limit(made.exchange({"x-request-timeout": "20"}), found) == 10.0
