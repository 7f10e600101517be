"""What of a request goes on as it was sent, to a backend that takes any."""

from gateway.exchange import AsSent
from passerelle.protocol import problems
from passerelle.server import request_body
from passerelle.server.messages import Request

SEGMENTS = 3  # of a model's own address, /model/<id>/predict


def of(request: Request, *, is_streamed: bool) -> AsSent:
    """The request's method, what it asks for below the model's address, and its body if streamed.

    Raises:
        Problem: it is the beginning of a WebSocket.
    """
    if "sec-websocket-key" in request.headers:
        problem = problems.Problem(
            "No WebSocket is passed on here. Send a request for each answer instead."
        )
        problem.status = 501
        raise problem
    length = request.headers.get("content-length")
    has_body = length is not None or "transfer-encoding" in request.headers
    parts = request_body.parts(request) if has_body and is_streamed else None
    return AsSent(request.method, below(request), parts, int(length) if length else None)


def below(request: Request) -> str:
    """What stands behind the model's own address: path and query, as they were sent."""
    target = request.target.decode("latin-1")
    address = "/".join(target.partition("?")[0].split("/")[: SEGMENTS + 1])
    return target.removeprefix(address)
