"""The gateway's own API: a request becomes an exchange, an answer a response."""

import re

from gateway import credentials, transport
from gateway.exchange import Exchange
from gateway.front_ends import as_sent
from passerelle.protocol import answers
from passerelle.protocol.problems import Problem
from passerelle.server import problem_responses, request_body
from passerelle.server.messages import Request, Response

RAW = "raw"  # the protocol of a backend that takes requests as they are
TIMING = "server-timing"
ALLOWED = "OPTIONS, POST"  # methods, of models of ours
PICTURES = answers.PICTURES.lower()
RELAYED_HEADERS = ("Content-Type", "Vary", "Retry-After", "Age", "Cache-Status", "ETag")


def receive(request: Request) -> Exchange:
    """The exchange of a request whose body has not been read yet."""
    query = request.values
    return Exchange(
        model_id=request.parameters["model_id"],
        client=credentials.client(request, query),
        headers=request.headers,
        query=query,
        span=request.span,
    )


async def read_payload(exchange: Exchange, request: Request, max_bytes: int) -> None:
    """Read the request's body into the exchange, unless it goes to the model as it comes.

    Raises:
        As `request_body.read`, and as `as_sent.of`; NotFound; a 405.
    """
    if exchange.protocol == RAW:
        exchange.as_sent = as_sent.of(request, is_streamed=exchange.is_streamed)
        if not exchange.is_streamed:
            exchange.payload = await request_body.read_any(request, max_bytes)
        return
    if request.method != "POST":
        raise problem_responses.method_not_allowed(request.method, request.path, ALLOWED)
    if request.parameters.get("below"):
        raise problem_responses.nothing_at(request.path)
    with exchange.span.step("read"):
        exchange.payload = await request_body.read(request, max_bytes)


async def respond(exchange: Exchange, response: transport.Response) -> Response:
    """The model's answer for the client, with the service's own timings beside the gateway's.

    How many pictures it is to goes into the log.
    """
    exchange.span.downstream = response.headers.get(TIMING, "")
    pictures = response.headers.get(PICTURES)
    if pictures and re.fullmatch("[0-9]{1,9}", pictures):
        exchange.span.fields["pictures"] = int(pictures)
    if exchange.as_sent:
        parts = response.parts if isinstance(response, transport.StreamedResponse) else None
        headers = [each for each in response.headers.items() if each[0] != TIMING]
        return Response(response.status, response.body, headers, parts)
    headers = [
        (name, response.headers[name.lower()])
        for name in RELAYED_HEADERS
        if name.lower() in response.headers
    ]
    return Response(response.status, response.body, headers)


def refuse(problem: Problem, request: Request) -> Response:
    """A problem as problem details (RFC 9457)."""
    return problem_responses.refuse(problem, request)
