"""The gateway's own API: a request becomes an exchange, an answer a response."""

import re
from collections.abc import Mapping

from gateway import transport
from gateway.exchange import Client, Exchange
from passerelle.protocol import answers
from passerelle.server import request_body
from passerelle.server.messages import Request, Response

KEY_NAMES_IN_QUERY = frozenset({"key", "api_key", "apikey", "api-key", "x-api-key", "access_token"})
PICTURES = answers.PICTURES.lower()
RELAYED_HEADERS = ("Content-Type", "Vary", "Retry-After", "Age", "Cache-Status", "ETag")


def receive(request: Request) -> Exchange:
    """The exchange of a request whose body has not been read yet."""
    query = request.values
    return Exchange(
        model_id=request.parameters["model_id"],
        client=client(request.headers, query),
        headers=request.headers,
        query=query,
        span=request.span,
    )


def client(headers: Mapping[str, str], query: Mapping[str, str]) -> Client:
    """Who a request says that it is from. The names of `headers` are in lower case."""
    in_query = not KEY_NAMES_IN_QUERY.isdisjoint(name.lower() for name in query)
    if key := headers.get("x-api-key"):
        return Client(key.strip(), in_query)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return Client(credentials.strip() if scheme.lower() == "bearer" else "", in_query)


async def read_payload(exchange: Exchange, request: Request, max_bytes: int) -> None:
    """Read the request's body into the exchange.

    Raises:
        As `request_body.read`.
    """
    with exchange.span.step("read"):
        exchange.payload = await request_body.read(request, max_bytes)


def respond(exchange: Exchange, response: transport.Response) -> Response:
    """The model's answer for the client, with the service's own timings beside the gateway's.

    How many pictures it is to goes into the log.
    """
    exchange.span.downstream = response.headers.get("server-timing", "")
    pictures = response.headers.get(PICTURES)
    if pictures and re.fullmatch("[0-9]{1,9}", pictures):
        exchange.span.fields["pictures"] = int(pictures)
    headers = [
        (name, response.headers[name.lower()])
        for name in RELAYED_HEADERS
        if name.lower() in response.headers
    ]
    return Response(response.status, response.body, headers)
