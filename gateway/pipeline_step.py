"""One step of a pipeline: a model is asked for a request of another, in its time and its trace."""

import contextlib
import dataclasses
import http
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway import cache, large_work, transport
from gateway.exchange import Exchange
from gateway.route import Route
from gateway.transport import Response
from passerelle.protocol import problems, timeout
from passerelle.protocol.problems import Problem
from passerelle.server.span import Span

KEPT_HEADERS = ("cache-control",)  # of the client's
SHOWN_MEMBERS = ("backend",)  # of a step's problem, beside its sentence


@dataclasses.dataclass(frozen=True)
class Said:
    """What a step answers."""

    document: dict[str, Any]
    size: int  # bytes of its text


@dataclasses.dataclass(frozen=True)
class Body:
    """What a step is sent."""

    content_type: str
    content: bytes


async def ask(
    exchange: Exchange, route: Route, names: Sequence[str], body: Body, deadline: float
) -> Said:
    """The step's answer. Its times have its id before them, and so has its line in the history.

    `names` are those of the client's query that are the step's; `deadline` is in seconds of
    time.monotonic.

    Raises:
        Problem: the step's, with its id in the member `step`.
    """
    with naming(route), collecting(exchange.span, route.model.id) as span:
        own = Exchange(
            model_id=route.model.id,
            client=exchange.client,
            headers=headers(exchange, body, deadline, route),
            query={name: exchange.query[name] for name in names if name in exchange.query},
            span=span,
            payload=body.content,
            protocol=route.protocol,
            card=route.status.card,
            via=exchange.via,
        )
        with route.history.request() as outcome:
            response = await cache.answer(own, route)
            outcome.status = response.status
        span.downstream = response.headers.get("server-timing", "")
        if response.status != http.HTTPStatus.OK:
            raise told(response)
        size = len(response.body)
        return Said(await large_work.run(size, json.loads, response.body), size)


def headers(exchange: Exchange, body: Body, deadline: float, route: Route) -> Mapping[str, str]:
    """The headers of a step's request, with what is left of the time.

    Raises:
        GatewayTimeout: nothing is.
    """
    try:
        left = timeout.render(transport.remaining(deadline))
    except TimeoutError:
        raise problems.GatewayTimeout(
            f"The request's time was over before {route.model.id} was asked. Try again later."
        ) from None
    kept = {name: exchange.headers[name] for name in KEPT_HEADERS if name in exchange.headers}
    return {**kept, "content-type": body.content_type, timeout.HEADER.lower(): left}


@contextlib.contextmanager
def naming(route: Route) -> Iterator[None]:
    """Have a problem that leaves the block say whose it is."""
    try:
        yield
    except Problem as problem:
        name = route.model.id
        if name not in problem.detail.split():
            problem.detail = f"{name}: {problem.detail}"
        problem.members = {**problem.members, "step": name}
        raise


@contextlib.contextmanager
def collecting(whole: Span, name: str) -> Iterator[Span]:
    """Give the block a span of its own, whose time and steps count as those of a request's."""
    own = dataclasses.replace(whole, steps={}, downstream="", fields={})
    try:
        with whole.branch(name) as branch:
            own.trace = branch.trace
            yield own
    finally:
        whole.add({f"{name}.{each}": seconds for each, seconds in own.times.items()})
        behind = [f"{name}.{each.strip()}" for each in own.downstream.split(",") if each.strip()]
        whole.downstream = ", ".join(filter(None, [whole.downstream, *behind]))
        if "cache" in own.fields:
            found = [whole.fields.get("cache"), own.fields["cache"]]
            whole.fields["cache"] = ", ".join(filter(None, found))


def told(response: Response) -> Problem:
    """What a step's service answered as a problem, which its adapter has looked at."""
    given = json.loads(response.body)
    seconds = response.headers.get("retry-after")
    found = Problem(
        str(given.get("detail", "")),
        {"Retry-After": seconds} if seconds else {},
        **{name: given[name] for name in SHOWN_MEMBERS if name in given},
    )
    found.status = response.status
    return found
