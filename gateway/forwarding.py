"""The hop: one request to a model's service, within its time, and the service's whole response."""

import math
import time

from gateway import transport
from gateway.exchange import Exchange
from gateway.routes import Route
from gateway.transport import Request, Response, UnreachableError
from passerelle.protocol import answers, problems, statuses, timeout


async def forward(exchange: Exchange, route: Route, elapsed: float = 0.0) -> Response:
    """Send the request to the model's service and wait for its whole response.

    `elapsed` seconds of the request's time have gone already. Nothing is sent twice: only where a
    replica can't be reached, another is asked.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout
    """
    exchange.span.fields["model"] = route.model.id
    with exchange.span.step("upstream"):
        require_ready(route)
        limit = time_limit(exchange, route)
        try:
            with route.upstream.acquire_slot():
                response = await send(exchange, route, limit - elapsed)
        except OSError as error:
            raise problem(error, route, limit) from None
        return route.adapter.check(response, exchange, route.model)


def require_ready(route: Route) -> None:
    """Return only if the model is ready on one replica at least.

    Raises:
        ServiceUnavailable
    """
    found = route.upstream.status(route.model.id)
    if found.status != statuses.READY:
        failed = found.status == statuses.FAILED
        hint = "GET /models says when it is ready." if failed else "Try again."
        raise problems.ServiceUnavailable(
            f"{route.model.id} is {found.status}: {found.reason}. {hint}"
        )


def time_limit(exchange: Exchange, route: Route) -> float:
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
        headers = {**request.headers, timeout.HEADER: timeout.render(remaining)}
        return Request(request.method, request.target, headers, request.body), remaining

    return await route.upstream.send(route.model.id, next_attempt)


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


def too_late(route: Route, limit: float) -> problems.Problem:
    """The problem of an answer that didn't come within so many seconds."""
    return problems.GatewayTimeout(
        f"{route.model.id} did not answer within {limit:g} s. Try again later."
    )
