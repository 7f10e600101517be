"""The gateway's own API over Flask: a request becomes an exchange, an answer a response."""

import functools
import urllib.parse
from collections.abc import Mapping

import flask

from gateway.exchange import Client, Exchange
from gateway.transport import Response
from passerelle.server import disconnect, request_body, span

KEY_NAMES_IN_QUERY = frozenset({"key", "api_key", "apikey", "api-key", "x-api-key", "access_token"})
RELAYED_HEADERS = ("Content-Type", "Retry-After", "Age", "Cache-Status", "ETag")


def receive(request: flask.Request, model_id: str) -> Exchange:
    """The exchange of a request whose body has not been read yet."""
    values = query(request)
    return Exchange(
        model_id=model_id,
        client=client(request, values),
        headers={name.lower(): value for name, value in request.headers},
        query=values,
        span=span.current(),
        raise_if_disconnected=functools.partial(disconnect.raise_if_disconnected, request.environ),
    )


def client(request: flask.Request, values: Mapping[str, str]) -> Client:
    """Who the request, whose query has these values, says that it is from."""
    in_query = not KEY_NAMES_IN_QUERY.isdisjoint(name.lower() for name in values)
    if key := request.headers.get("X-API-Key"):
        return Client(key.strip(), in_query)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return Client(credentials.strip() if scheme.lower() == "bearer" else "", in_query)


def query(request: flask.Request) -> dict[str, str]:
    """The query's first value of each name."""
    pairs = urllib.parse.parse_qsl(
        request.query_string.decode(errors="replace"), keep_blank_values=True
    )
    return dict(reversed(pairs))


def read_payload(exchange: Exchange, request: flask.Request, max_bytes: int) -> None:
    """Read the request's body into the exchange.

    Raises:
        As `request_body.read`.
    """
    with exchange.span.step("read"):
        exchange.payload = request_body.read(request, max_bytes)


def respond(exchange: Exchange, response: Response) -> flask.Response:
    """The model's answer for the client, with the service's own timings beside the gateway's."""
    exchange.span.downstream = response.headers.get("server-timing", "")
    headers = {
        name: response.headers[name.lower()]
        for name in RELAYED_HEADERS
        if name.lower() in response.headers
    }
    return flask.Response(response.body, response.status, headers)
