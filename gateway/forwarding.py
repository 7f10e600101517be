"""The hop: one request to a model's service, within its time, and the service's response."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator

from gateway import large_work, transport, via
from gateway.adapters.adapter import StreamingAdapter
from gateway.any_route import AnyRoute
from gateway.balancing.breaker import Refused
from gateway.exchange import Exchange
from gateway.route import Route
from gateway.transport import Request, Response, StreamedResponse, UnreachableError
from passerelle.protocol import answers, problems, statuses, timeout

SILENCE = 0.99  # of the time of an answer that is read whole: it is the service's to end it first


async def forward(exchange: Exchange, route: Route, elapsed: float = 0.0) -> Response:
    """Send the request to the model's service and wait for its whole response.

    `elapsed` seconds of the request's time have gone already. Nothing is sent twice: only where a
    replica can't be reached, another is asked.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout
    """
    if route.adapter.streams:
        return await read(exchange, route, elapsed)
    exchange.span.fields["model"] = route.model.id
    require_ready(route)
    with exchange.span.hop("upstream", "POST", route.upstream.service) as exchange.hop:
        limit = time_limit(exchange, route)
        try:
            with route.upstream.acquire_slot(route.model.id):
                response = await send(exchange, route, limit - elapsed)
        except OSError as error:
            raise problem(error, route, limit) from None
        exchange.hop.set_status(response.status)
        check = route.adapter.check
        return await large_work.run(len(response.body), check, response, exchange, route.model)


async def read(exchange: Exchange, route: Route, elapsed: float) -> Response:
    """The whole response of a service whose others are streamed.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout
    """
    limit = time_limit(exchange, route)
    seconds = limit - elapsed
    try:
        async with (
            asyncio.timeout(seconds),
            stream(exchange, route, seconds * SILENCE) as response,
        ):
            return await response.read(answers.MAX_BYTES)
    except OSError as error:
        raise problem(error, route, limit) from None


@contextlib.asynccontextmanager
async def stream(
    exchange: Exchange, route: Route, patience: float | None = None
) -> AsyncIterator[StreamedResponse]:
    """Send the request to the model's service as it comes; inside the block is the response.

    `patience` is how many seconds the service may do nothing while everybody waits for it: all of
    the request's time unless given.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout; what the request's body raises.
    """
    adapter = route.adapter
    if not isinstance(adapter, StreamingAdapter):
        raise TypeError(type(adapter))
    model = route.model
    exchange.span.fields["model"] = model.id
    require_ready(route)
    limit = time_limit(exchange, route)
    method = exchange.as_sent.method if exchange.as_sent else "POST"
    hop = exchange.hop = exchange.span.hop("upstream", method, route.upstream.service)
    request = adapter.request(exchange, model)
    request = request.with_headers(
        {timeout.HEADER: timeout.render(limit), via.HEADER: exchange.via}
    )
    try:
        async with contextlib.AsyncExitStack() as held:
            held.enter_context(route.upstream.acquire_slot(route.model.id))
            with hop:
                seconds = limit if patience is None else patience
                sent = route.upstream.stream(model.id, request, seconds, model.timeout)
                response = await held.enter_async_context(sent)
                hop.set_status(response.status)
                response = await adapter.check_head(response, exchange, model)
            with exchange.span.step("stream"):
                yield response
    except OSError as error:
        raise problem(error, route, limit) from None


def require_ready(route: AnyRoute) -> None:
    """Return only if the model is ready on one replica at least.

    Raises:
        Refused
    """
    found = route.status
    if found.status != statuses.READY:
        failed = found.status == statuses.FAILED
        hint = "GET /models says when it is ready." if failed else "Try again."
        raise Refused(f"{route.model.id} is {found.status}: {found.reason}. {hint}")


def time_limit(exchange: Exchange, route: AnyRoute) -> float:
    """The seconds that the request may take, by the model's timeout and by its own header.

    Raises:
        InvalidRequest: the header holds no seconds.
    """
    return min(route.model.timeout, exchange.timeout or math.inf)


async def send(exchange: Exchange, route: Route, seconds: float) -> Response:
    """The request to one of the service's replicas, and its response.

    Raises:
        OSError: as `Upstream.send`.
    """
    deadline = time.monotonic() + seconds
    request = route.adapter.request(exchange, route.model)

    def next_attempt() -> tuple[Request, float]:
        remaining = transport.remaining(deadline)
        own = {timeout.HEADER: timeout.render(remaining), via.HEADER: exchange.via}
        headers = {**request.headers, **own}
        return Request(request.method, request.target, headers, request.body), remaining

    return await route.upstream.send(route.model.id, next_attempt, route.model.timeout)


def problem(error: OSError, route: Route, limit: float) -> problems.Problem:
    """A failed hop as a problem. `limit` is the seconds that the request had."""
    if isinstance(error, transport.CredentialsError):
        return problems.ServiceUnavailable(
            f"The gateway can't prove who it is to the service of {route.model.id}. "
            "Try again shortly."
        )
    if isinstance(error, UnreachableError):
        return problems.BadGateway(
            f"The service of {route.model.id} can't be reached. Try again shortly."
        )
    if isinstance(error, TimeoutError):
        return too_late(route, limit)
    if isinstance(error, transport.TooLargeError):
        return problems.BadGateway(
            f"The service of {route.model.id} gave an answer of more than "
            f"{answers.MAX_BYTES:,} bytes. Ask for less, or report it."
        )
    return problems.BadGateway(f"The service of {route.model.id} broke off its answer. Try again.")


def too_late(route: AnyRoute, limit: float) -> problems.Problem:
    """The problem of an answer that didn't come within so many seconds."""
    return problems.GatewayTimeout(
        f"{route.model.id} did not answer within {limit:g} s. Try again later."
    )
