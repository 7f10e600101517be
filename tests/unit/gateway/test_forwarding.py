"""The hop, with replies that a test gives in place of a service."""

import asyncio
from typing import Any

import pytest

from gateway import forwarding, id_tokens, transport
from gateway.balancing.breaker import Refused
from gateway.route import Route
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.server.recording import Recording
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies, Silence, until


def route(*replies: Response | Exception, status: str = "ready") -> tuple[Route, Replies]:
    """A route to a service with one replica, and its replies."""
    given = Replies(*replies)
    return route_to(given, status), given


def route_to(pool: Any, status: str = "ready") -> Route:
    """A route to a service with one replica, whose connections are the pool's."""
    upstream = made.upstream(status=status)
    for replica in upstream.replicas.values():
        replica.pool = pool
    return made.route(upstream)


async def test_the_services_answer_comes_back_and_it_hears_how_much_time_is_left() -> None:
    found, replies = route(made.answer())
    exchange = made.exchange({"x-request-timeout": "4"})
    exchange.via = "1.1 a"
    assert (await forwarding.forward(exchange, found, elapsed=1.0)).status == 200
    assert replies.requests[0].headers["Via"] == "1.1 a"
    assert 2.5 < float(replies.requests[0].headers["X-Request-Timeout"]) <= 3.0
    assert exchange.span.fields == {"model": "m"}
    assert "upstream" in exchange.span.steps


@pytest.mark.parametrize("status", ["starting", "failed", "unavailable", "draining"])
async def test_a_model_that_is_not_ready_is_not_asked(status: str) -> None:
    found, replies = route(status=status)
    with pytest.raises(Refused, match=f"m is {status}: because"):
        await forwarding.forward(made.exchange(), found)
    assert not replies.requests


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (transport.UnreachableError("x"), problems.BadGateway, "can't be reached"),
        (transport.BrokenError("x"), problems.BadGateway, "broke off"),
        (transport.TooLargeError("x"), problems.BadGateway, "more than 20,000,000 bytes"),
        (OSError("10.0.0.7 went away"), problems.BadGateway, "broke off"),
        (TimeoutError(), problems.GatewayTimeout, "did not answer within 10 s"),
        (id_tokens.IdTokenError("x"), problems.ServiceUnavailable, "can't prove who it is"),
    ],
)
async def test_each_failure_is_a_problem_that_names_no_address(
    error: Exception, kind: type[problems.Problem], sentence: str
) -> None:
    found, _ = route(error)
    with pytest.raises(kind, match=sentence) as raised:
        await forwarding.forward(made.exchange(), found)
    assert "10.0.0.7" not in raised.value.detail


async def test_an_answer_that_is_none_is_not_passed_on() -> None:
    found, _ = route(Response(200, {}, b"not json"))
    with pytest.raises(problems.BadGateway):
        await forwarding.forward(made.exchange(), found)


async def test_a_request_whose_time_is_over_is_not_sent() -> None:
    found, replies = route(made.answer())
    with pytest.raises(problems.GatewayTimeout):
        await forwarding.forward(made.exchange(), found, elapsed=11.0)
    assert not replies.requests


async def test_where_every_slot_is_taken_a_request_is_told_to_come_back() -> None:
    found, replies = route(made.answer())
    found.upstream.slots.most = 0
    with pytest.raises(Refused, match="are with its service already"):
        await forwarding.forward(made.exchange(), found)
    assert not replies.requests


async def test_a_request_holds_a_slot_until_its_client_is_gone() -> None:
    silent = Silence()
    found = route_to(silent)
    asking = asyncio.create_task(forwarding.forward(made.exchange(), found))
    await until(lambda: silent.requests)
    assert found.upstream.in_flight.count == 1
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert found.upstream.in_flight.count == 0


def test_the_shorter_of_the_two_timeouts_holds() -> None:
    found, _ = route()
    assert forwarding.time_limit(made.exchange(), found) == 10.0
    assert forwarding.time_limit(made.exchange({"x-request-timeout": "2"}), found) == 2.0
    assert forwarding.time_limit(made.exchange({"x-request-timeout": "20"}), found) == 10.0


async def test_the_services_span_is_below_that_of_the_hop_where_the_request_is_recorded() -> None:
    found, replies = route(made.answer(), Response(503, {}, b""))
    exchange = made.exchange()
    exchange.span.recording = Recording()
    await forwarding.forward(exchange, found)
    with pytest.raises(problems.Problem):
        await forwarding.forward(exchange, found)
    good, bad = exchange.span.recording.steps
    trace_id, parent = replies.requests[0].headers["traceparent"].split("-")[1:3]
    assert (trace_id, parent) == (exchange.span.trace.trace_id, good.span_id)
    assert good.parent_id == exchange.span.trace.span_id != good.span_id
    assert good.attributes == {
        "http.request.method": "POST", "server.address": found.upstream.service,
        "http.response.status_code": 200,
    }  # fmt: skip
    assert (bad.attributes or {})["error.type"] == "503"
    assert [good.failed, bad.failed] == [False, True]
