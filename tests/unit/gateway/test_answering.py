"""An answer that goes to the client as it comes."""

import asyncio
import dataclasses
from typing import Any

import pytest

from gateway import answering
from gateway.adapters.raw import Raw
from gateway.exchange import AsSent, Exchange
from gateway.front_ends import passerelle
from gateway.history import History
from gateway.route import Route
from gateway.split_route import SplitRoute
from gateway.status import Status
from gateway.transport import BrokenError
from gateway.upstream import Upstream
from passerelle.manifest.model import Backend, Split
from passerelle.protocol import problems
from passerelle.server.messages import Request
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies


def upstream(replies: Replies) -> Upstream:
    found = made.upstream(adapter=Raw(Backend(url=made.ADDRESS)))
    for replica in found.replicas.values():
        replica.pool = replies  # type: ignore[assignment]  # in place of it
    return found


def exchange() -> Exchange:
    found = made.exchange()
    found.is_streamed, found.as_sent = True, AsSent("GET", "")
    return found


class Client:
    """Keeps what it is sent, and whether the service's slot was taken meanwhile."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.body = b""
        self.in_flight = 0

    async def __call__(self, message: dict[str, Any]) -> None:
        self.in_flight = self.route.upstream.in_flight.count
        self.body += message.get("body", b"")


def ask(*replies: object) -> tuple[Route, Client, Request]:
    route = made.route(upstream(Replies(*replies)))  # type: ignore[arg-type]
    client, request = Client(route), made.request()
    request.send = client
    return route, client, request


async def test_the_client_has_the_whole_answer_once_it_returns() -> None:
    route, client, request = ask(made.streamed(201, b"a", b"b"))
    found = await answering.pass_on(exchange(), route, passerelle, request)
    assert (found.status, client.body) == (201, b"ab")


async def test_it_counts_in_the_models_history_as_an_answer_that_is_whole_does() -> None:
    for found, sent in ((exchange(), made.streamed(201, b"a")), (made.exchange(), made.answer())):
        route, _, request = ask(sent)
        if not found.is_streamed:
            route = made.route(made.upstream())
            for replica in route.upstream.replicas.values():
                replica.pool = Replies(sent)  # type: ignore[assignment]  # in place of it
        response = await answering.answer(made.state(Replies()), found, route, passerelle, request)
        slot = route.history.document()["slots"][-1]
        assert (response.status // 100, slot["requests"], slot["failed"]) == (2, 1, 0)


async def test_a_variant_that_is_gone_once_the_body_was_read_leaves_it_to_the_other() -> None:
    routes = {}
    for name in ("a", "b"):
        routes[name] = made.route(made.upstream(), id=name)
        for replica in routes[name].upstream.replicas.values():
            replica.statuses = {name: replica.statuses["m"]}
            sent = made.answer()
            sent = dataclasses.replace(sent, body=sent.body.replace(b'"m"', f'"{name}"'.encode()))
            replica.pool = Replies(sent)  # type: ignore[assignment]  # in place of it
    model = Split(id="pets", title="", timeout=10, weights={"a": 50, "b": 50})
    split = SplitRoute(model, routes, History(), random=lambda: 0.9)
    found, request = made.exchange(), made.request()
    split.introduce(found, "POST")
    assert found.chosen is not None
    for replica in found.chosen.route.upstream.replicas.values():
        replica.statuses = {found.chosen.route.model.id: Status("unavailable", "gone")}
    response = await answering.answer(made.state(Replies()), found, split, passerelle, request)
    assert (response.status, found.span.answer_headers) == (200, [("X-Model", "a")])


async def test_a_slot_of_the_service_is_taken_until_then() -> None:
    route, client, request = ask(made.streamed(200, b"a"))
    await answering.pass_on(exchange(), route, passerelle, request)
    assert (client.in_flight, route.upstream.in_flight.count) == (1, 0)


@pytest.mark.parametrize(
    ("error", "problem"),
    [(BrokenError(), problems.BadGateway), (TimeoutError(), problems.GatewayTimeout)],
)
async def test_what_breaks_in_its_midst_is_a_problem(
    error: Exception, problem: type[problems.Problem]
) -> None:
    route, client, request = ask(made.streamed(200, b"a", error=error))
    with pytest.raises(problem):
        await answering.pass_on(exchange(), route, passerelle, request)
    assert (client.body, route.upstream.in_flight.count) == (b"a", 0)


async def test_a_client_that_leaves_frees_the_slot() -> None:
    route, _, request = ask(made.streamed(200, b"a"))

    async def leave(_: object) -> None:
        raise asyncio.CancelledError

    request.send = leave
    with pytest.raises(asyncio.CancelledError):
        await answering.pass_on(exchange(), route, passerelle, request)
    assert route.upstream.in_flight.count == 0
