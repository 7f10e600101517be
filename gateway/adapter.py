"""How our own model services are asked, and their responses checked."""

import json
import urllib.parse

from gateway.exchange import Exchange
from gateway.routes import Route
from gateway.transport import Request, Response
from passerelle.protocol import problems

FORWARDED_HEADERS = ("Content-Type",)  # of the client's; no other reaches a service
FORWARDED_QUERY = ("top",)


def request(exchange: Exchange, route: Route) -> Request:
    """The request to the model's service.

    Its address is made from the manifest's id and `top`, never from the client's path.
    """
    query = {name: exchange.query[name] for name in FORWARDED_QUERY if name in exchange.query}
    path = f"/model/{route.model.id}/predict"
    target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
    headers = forwarded_headers(exchange) | exchange.span.trace.headers
    return Request("POST", target, headers, exchange.payload)


def forwarded_headers(exchange: Exchange) -> dict[str, str]:
    """The client's headers that a service needs, less those that its Connection header names."""
    connection = exchange.headers.get("connection", "")
    hop_by_hop = {name.strip().lower() for name in connection.split(",")}
    return {
        name: exchange.headers[name.lower()]
        for name in FORWARDED_HEADERS
        if name.lower() in exchange.headers and name.lower() not in hop_by_hop
    }


def check(response: Response, route: Route) -> Response:
    """The response, if it is this model's answer, or a problem that a client may see.

    Raises:
        BadGateway: anything else, so that nonsense is never passed on as an answer.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if response.status == 200 and response.body.startswith(
        b'{"model": "%b", ' % route.model.id.encode()
    ):
        return response
    try:
        document = json.loads(response.body)
        if response.status == 200 and document["model"] == route.model.id:
            return response
        if response.status >= 400 and media_type == problems.MEDIA_TYPE:
            return response
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise problems.BadGateway(
        f"The service of {route.model.id} gave an answer that makes no sense. Report it."
    )
