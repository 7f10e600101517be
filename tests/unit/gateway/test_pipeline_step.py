"""One step of a pipeline: within what is left of the time."""

import time

import pytest

from gateway import pipeline_step
from gateway.pipeline_step import Body
from gateway.route import Route
from gateway.transport import Response
from passerelle.manifest.model import Cache
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

BODY = Body("application/octet-stream", b"picture")


def served(*replies: Response) -> tuple[Route, Replies]:
    route, pool = made.route(cache=Cache(size=9, ttl=9)), Replies(*replies)
    for replica in route.upstream.replicas.values():
        replica.pool = pool  # type: ignore[assignment]  # in its place
    return route, pool


async def test_a_step_has_what_is_left_of_the_time() -> None:
    route, pool = served(made.answer())
    deadline = time.monotonic() + 3
    found = await pipeline_step.ask(made.exchange(), route, (), BODY, deadline)
    assert found.document["model"] == "m"
    assert 2 < float(pool.requests[0].headers["X-Request-Timeout"]) <= 3


async def test_a_step_for_which_no_time_is_left_is_not_asked() -> None:
    route, pool = served()
    with pytest.raises(problems.GatewayTimeout, match="time was over before m was asked") as caught:
        await pipeline_step.ask(made.exchange(), route, (), BODY, time.monotonic())
    assert (caught.value.members, pool.requests) == ({"step": "m"}, [])


async def test_a_steps_own_cache_answers_and_the_log_says_so_of_each() -> None:
    route, pool = served(made.answer())
    exchange = made.exchange()
    for _ in range(2):
        await pipeline_step.ask(exchange, route, (), BODY, time.monotonic() + 3)
    assert (len(pool.requests), exchange.span.fields) == (1, {"cache": "miss, hit"})


async def test_a_client_may_want_a_new_answer() -> None:
    route, pool = served(made.answer(), made.answer())
    exchange = made.exchange({"cache-control": "no-cache"})
    for _ in range(2):
        await pipeline_step.ask(exchange, route, (), BODY, time.monotonic() + 3)
    assert len(pool.requests) == 2
