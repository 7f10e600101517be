"""How our own model services are asked, and their responses checked.

A platform stands before a service on Cloud Run or Knative, and may answer in its stead.
"""

import contextlib
import json
import re
import urllib.parse

from gateway import id_tokens
from gateway.exchange import Exchange
from gateway.routes import Route
from gateway.transport import Request, Response
from passerelle.protocol import accept, answers, problems, tasks

FORWARDED_HEADERS = ("Content-Type",)  # of the client's, as it sent them
BUSY = (429, 503)  # statuses of a platform that has no instance for a request now
NO_JSON = (b"NaN", b"Infinity")  # which a label may hold, too
MAX_RETRY_AFTER = 3600  # seconds that a client may be told to wait
PNG_BEGIN, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def request(exchange: Exchange, route: Route) -> Request:
    """The request to the model's service.

    Its address is made from the manifest's id and what a task may be asked, never from the client's
    path.
    """
    query = {name: exchange.query[name] for name in tasks.QUERY if name in exchange.query}
    path = f"/model/{route.model.id}/predict"
    target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
    headers = forwarded_headers(exchange) | exchange.span.trace.headers
    return Request("POST", target, headers, exchange.payload)


def forwarded_headers(exchange: Exchange) -> dict[str, str]:
    """The client's headers that a service needs, less those that its Connection header names.

    Accept is among them only where it prefers another form than JSON, and names that alone then.
    """
    connection = exchange.headers.get("connection", "")
    hop_by_hop = {name.strip().lower() for name in connection.split(",")}
    found = {
        name: exchange.headers[name.lower()]
        for name in FORWARDED_HEADERS
        if name.lower() in exchange.headers and name.lower() not in hop_by_hop
    }
    preferred = exchange.preferred
    if preferred != accept.JSON and "accept" not in hop_by_hop:
        found["Accept"] = preferred
    return found


def check(response: Response, route: Route, preferred: str = accept.JSON) -> Response:
    """The response, if it is this model's answer, or a problem that a client may see.

    `preferred` is the media type that the client would have it in; JSON may come all the same.

    Raises:
        ServiceUnavailable: it is a platform's that stands before the service, such as
            "no instance is free".
        BadGateway: anything else, so that nonsense is never passed on as an answer.
    """
    has_constant = any(name in response.body for name in NO_JSON)
    if (
        response.status == 200
        and not has_constant
        and response.body.startswith(b'{"model": "%b", ' % route.model.id.encode())
    ):
        return response
    if preferred == accept.PNG and is_png_of(response, route):
        return response
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        document = json.loads(response.body, parse_constant=refuse_constant)
        if response.status == 200 and document["model"] == route.model.id:
            return response
        is_denied = response.status in id_tokens.DENIED  # by no service of ours
        if is_problem(response) and not is_denied and document["request_id"]:
            return response
    raise problem(response, route)


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python's json reads and JSON doesn't have.

    Raises:
        ValueError
    """
    raise ValueError(name)


def is_png_of(response: Response, route: Route) -> bool:
    """Whether a response is a whole PNG of which its service says that this model made it."""
    is_png = response.status == 200 and response.media_type == accept.PNG
    is_whole = response.body.startswith(PNG_BEGIN) and response.body.endswith(PNG_END)
    return is_png and is_whole and response.headers.get(answers.MODEL.lower()) == route.model.id


def is_problem(response: Response) -> bool:
    """Whether the head of a response says that it is a problem."""
    return response.status >= 400 and response.media_type == problems.MEDIA_TYPE


def problem(response: Response, route: Route) -> problems.Problem:
    """What the service itself did not say, as a problem."""
    service = f"The service of {route.model.id}"
    if response.status in BUSY:
        return problems.ServiceUnavailable(
            f"{service} is being started, or has no room for more requests. Try again shortly.",
            retry_after(response),
        )
    if response.status in id_tokens.DENIED:
        return problems.ServiceUnavailable(
            f"{service} refuses the gateway ({response.status}). Whoever runs it must give the "
            "gateway's account the role of an invoker."
        )
    return problems.BadGateway(f"{service} gave an answer that makes no sense. Report it.")


def retry_after(response: Response) -> int:
    """The seconds after which to try again: 1 where the response says none, or too many."""
    text = response.headers.get("retry-after", "")
    seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    return seconds if 0 < seconds <= MAX_RETRY_AFTER else 1
