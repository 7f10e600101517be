"""A mirrored request: the client's own once more, for another model, and nobody who waits for it.

It has what decides an answer: the payload, the query, and the headers by which the payload and the
answer are read. It has nothing of who sent it: no key, no address, no trace and no deadline. A new
trace begins with it, which nobody records.
"""

import time

from gateway.exchange import Client, Exchange
from gateway.route import Route
from passerelle.protocol import open_inference, trace
from passerelle.server.span import Span

KEPT_HEADERS = (
    "accept",
    "cache-control",
    "connection",  # names those of the others that are for the gateway alone
    "content-type",
    open_inference.HEADER_LENGTH.lower(),
)
NOBODY = Client("", key_in_query=False)


def of(exchange: Exchange, route: Route) -> Exchange:
    """The exchange for the other model."""
    headers = exchange.headers
    return Exchange(
        model_id=route.model.id,
        client=NOBODY,
        headers={name: headers[name] for name in KEPT_HEADERS if name in headers},
        query=exchange.query,
        span=Span(trace.read({}), time.perf_counter()),
        payload=exchange.payload,
        operation=exchange.operation,
        protocol=route.protocol,
        card=route.status.card,
        via=exchange.via,
    )
