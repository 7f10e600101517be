"""The hop: one request to a model's service and its answer, both checked."""

import dataclasses
import json
import time
import urllib.parse
from collections.abc import Mapping

import flask
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from gateway.routes import Route
from wire import problems, span
from wire.trace import Trace

MAX_ANSWER = 1_000_000  # bytes
PASSED_ON = ("Content-Type",)  # of the client's headers; nothing else reaches a service
PASSED_BACK = ("Content-Type", "Retry-After")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a service said, whole."""

    status: int
    headers: Mapping[str, str]  # any case
    body: bytes


def forward(route: Route, request: flask.Request, body: bytes, trace: Trace) -> Answer:
    """Send the request to the model's service and wait for its whole answer.

    The address is made from the manifest's id and `top`, never from the client's path. Nothing is
    sent twice: a service that can't be reached is marked as lost, and asked after at once.

    Raises:
        ServiceUnavailable, BadGateway, GatewayTimeout.
    """
    span.current().fields["model"] = route.model.id
    deadline = time.monotonic() + route.model.timeout
    stands = route.upstream.status(route.model.id)
    if stands.status != "ready":
        hope = "GET /models says when it is ready." if stands.status == "failed" else "Try again."
        raise problems.ServiceUnavailable(
            f"{route.model.id} is {stands.status}: {stands.reason}. {hope}"
        )
    try:
        response = send(route, request, body, trace, deadline)
        answer = Answer(response.status, response.headers, whole(response, deadline))
    except (HTTPError, OSError) as error:
        raise translated(error, route) from None
    return checked(route, answer)


def translated(error: Exception, route: Route) -> problems.Problem:
    """A failed hop as a problem. The upstream is told, so that it asks after the service."""
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        route.upstream.lost("its service can't be reached")
        return problems.BadGateway(
            f"The service of {route.model.id} can't be reached. Try again shortly."
        )
    route.upstream.wake.set()
    if any(isinstance(each, TimeoutError | ReadTimeoutError) for each in (error, *error.args)):
        return problems.GatewayTimeout(
            f"{route.model.id} did not answer within {route.model.timeout:g} s. Try again later."
        )
    return problems.BadGateway(f"The service of {route.model.id} broke off its answer. Try again.")


def send(
    route: Route, request: flask.Request, body: bytes, trace: Trace, deadline: float
) -> urllib3.BaseHTTPResponse:
    """The request on a pooled connection, or a new one; the answer's body is yet to be read."""
    query = {name: request.args[name] for name in ("top",) if name in request.args}
    path = f"/model/{route.model.id}/predict"
    left = max(deadline - time.monotonic(), 0.001)
    return route.upstream.pool.urlopen(
        "POST",
        f"{path}?{urllib.parse.urlencode(query)}" if query else path,
        body=body,
        headers=passed_on(request) | trace.headers,
        timeout=left,
        retries=False,
        preload_content=False,
    )


def passed_on(request: flask.Request) -> dict[str, str]:
    """The client's headers that a service needs, less those that its Connection header names."""
    dropped = {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
    return {
        name: request.headers[name]
        for name in PASSED_ON
        if name in request.headers and name.lower() not in dropped
    }


def whole(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The answer's body, within the deadline and MAX_ANSWER.

    Raises:
        TimeoutError, HTTPError
    """
    chunks, size = [], 0
    while chunk := response.read1(1 << 16):
        chunks.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline:
            response.close()
            raise TimeoutError
        if size > MAX_ANSWER:
            response.close()
            raise HTTPError("the answer is too large")
    response.release_conn()
    return b"".join(chunks)


def checked(route: Route, answer: Answer) -> Answer:
    """The answer, if it is this model's, or a problem that a client may see.

    Raises:
        BadGateway: anything else, so that nonsense is never passed on as an answer.
    """
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
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
    span.current().downstream = answer.headers.get("Server-Timing", "")
    headers = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
    return flask.Response(answer.body, answer.status, headers)
