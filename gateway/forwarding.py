"""The hop: one request to a model's service and its answer, both checked."""

import json
import math
import time
import urllib.parse

import flask

from gateway import id_tokens, transport
from gateway.routes import Route
from gateway.transport import Answer, Request, UnreachableError
from passerelle.protocol import problems
from passerelle.protocol.trace import Trace
from passerelle.server import request_timeout, span

PASSED_ON = ("Content-Type",)  # of the client's headers; nothing else reaches a service
PASSED_BACK = ("Content-Type", "Retry-After", "Age", "Cache-Status", "ETag")


def forward(
    route: Route, request: flask.Request, body: bytes, trace: Trace, spent: float = 0.0
) -> Answer:
    """Send the request to the model's service and wait for its whole answer.

    Of the time that the request has, `spent` seconds have gone already.

    The address is made from the manifest's id and `top`, never from the client's path. Nothing is
    sent twice: only where a replica can't be reached, another is.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout, ClientClosedRequest.
    """
    span.current().fields["model"] = route.model.id
    stands = route.upstream.status(route.model.id)
    if stands.status != "ready":
        hope = "GET /models says when it is ready." if stands.status == "failed" else "Try again."
        raise problems.ServiceUnavailable(
            f"{route.model.id} is {stands.status}: {stands.reason}. {hope}"
        )
    seconds = patience(route, request)
    try:
        with route.upstream.place():
            answer = send(route, request, body, trace, seconds - spent)
    except OSError as error:
        raise translated(error, route, seconds) from None
    return checked(route, answer)


def patience(route: Route, request: flask.Request) -> float:
    """The seconds that the request may take, by the model's timeout and its own header."""
    return min(route.model.timeout, request_timeout.seconds(request) or math.inf)


def translated(error: OSError, route: Route, seconds: float) -> problems.Problem:
    """A failed hop as a problem."""
    if isinstance(error, id_tokens.IdentityError):
        return id_tokens.problem(route.model.id)
    if isinstance(error, UnreachableError):
        return problems.BadGateway(
            f"The service of {route.model.id} can't be reached. Try again shortly."
        )
    if isinstance(error, TimeoutError):
        return late(route, seconds)
    return problems.BadGateway(f"The service of {route.model.id} broke off its answer. Try again.")


def late(route: Route, seconds: float) -> problems.Problem:
    """The problem of an answer that didn't come in time."""
    return problems.GatewayTimeout(
        f"{route.model.id} did not answer within {seconds:g} s. Try again later."
    )


def send(route: Route, request: flask.Request, body: bytes, trace: Trace, seconds: float) -> Answer:
    """The request to one of the service's replicas, and its answer.

    Raises:
        OSError: as `upstream.Upstream.exchange`.
        ClientClosedRequest: nobody waits any more, which closes the connection to the service too.
    """
    environ, end = request.environ, time.monotonic() + seconds
    where, headers = target(route, request), passed_on(request) | trace.headers

    def ask() -> tuple[Request, float]:
        left = transport.left(end)
        timed = headers | {request_timeout.HEADER: request_timeout.written(left)}
        return Request("POST", where, timed, body), left

    return route.upstream.exchange(
        route.model.id, ask, meanwhile=lambda: request_timeout.still_wanted(environ)
    )


def target(route: Route, request: flask.Request) -> str:
    """The path and query that a service is asked by."""
    query = {name: request.args[name] for name in ("top",) if name in request.args}
    path = f"/model/{route.model.id}/predict"
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def passed_on(request: flask.Request) -> dict[str, str]:
    """The client's headers that a service needs, less those that its Connection header names."""
    dropped = {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
    return {
        name: request.headers[name]
        for name in PASSED_ON
        if name in request.headers and name.lower() not in dropped
    }


def checked(route: Route, answer: Answer) -> Answer:
    """The answer, if it is this model's, or a problem that a client may see.

    Raises:
        BadGateway: anything else, so that nonsense is never passed on as an answer.
    """
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    try:
        document = json.loads(answer.body)
        if answer.status == 200 and document["model"] == route.model.id:
            return answer
        if answer.status >= 400 and media_type == problems.MEDIA_TYPE:
            return answer
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise problems.BadGateway(
        f"The service of {route.model.id} gave an answer that makes no sense. Report it."
    )


def relay(answer: Answer) -> flask.Response:
    """The service's answer as the client's, with the service's own timings beside ours."""
    span.current().downstream = answer.headers.get("server-timing", "")
    headers = {
        name: answer.headers[name.lower()] for name in PASSED_BACK if name.lower() in answer.headers
    }
    return flask.Response(answer.body, answer.status, headers)
