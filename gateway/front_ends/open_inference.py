"""The Open Inference Protocol V2 over REST, as KServe's and Triton's clients speak it.

A request's body goes to the model's service as it is: whoever has the tensors parses them. Errors
are `{"error": "…"}`. What is asked beside inference is in open_inference_models.py.
"""

import json

from gateway import credentials, transport
from gateway.exchange import Exchange
from gateway.front_ends import content_coding, service_problems
from gateway.front_ends import passerelle as own
from passerelle.protocol import open_inference, problems
from passerelle.protocol.problems import Problem
from passerelle.server.messages import Request, Response

PROTOCOLS = ("passerelle", "oip")  # of backends that take tensors
JSON = ("Content-Type", "application/json")


def receive(request: Request) -> Exchange:
    """The exchange of a request whose body has not been read yet."""
    return Exchange(
        model_id=request.parameters["model_id"],
        client=credentials.client(request, request.values),
        headers={name: each for name, each in request.headers.items() if name != "accept"},
        query={},  # the protocol has none
        span=request.span,
        operation="infer",
    )


async def read_payload(exchange: Exchange, request: Request, max_bytes: int) -> None:
    """Read the request's body into the exchange, inflated where it came compressed.

    Raises:
        NotFound: the model has no such version.
        InvalidRequest: it takes no tensors, whatever they are.
        As `content_coding.read`.
    """
    require_version(exchange.model_id, request)
    require_protocol(exchange.model_id, exchange.protocol)
    with exchange.span.step("read"):
        exchange.payload = await content_coding.read(request, max_bytes)


def require_version(model_id: str, request: Request) -> None:
    """Return only if a request is for the one version of a model that there is.

    Raises:
        NotFound
    """
    version = request.parameters.get("version", open_inference.VERSION)
    if version != open_inference.VERSION:
        raise problems.NotFound(
            f"{model_id} has no version {version[:20]!r}, but {open_inference.VERSION!r} alone."
        )


def require_protocol(model_id: str, protocol: str) -> None:
    """Return only if a model's backend takes tensors.

    Raises:
        InvalidRequest
    """
    if protocol not in PROTOCOLS:
        raise problems.InvalidRequest(
            f"{model_id} takes no tensors: its backend speaks another protocol. "
            f"Ask it at POST /model/{model_id}/predict."
        )


async def respond(exchange: Exchange, response: transport.Response) -> Response:
    """The model's outputs, as its service gave them.

    Raises:
        Problem: what its service told.
    """
    answer = await own.respond(exchange, response)
    if answer.status >= 400:
        raise service_problems.read(response)
    length = response.headers.get(open_inference.HEADER_LENGTH.lower())
    if length is not None:
        answer.headers.append((open_inference.HEADER_LENGTH, length))
    return answer


def refuse(problem: Problem, request: Request) -> Response:  # noqa: ARG001  # as FrontEnd has it
    """A problem as these clients read it."""
    body = json.dumps({"error": problem.detail}, allow_nan=False).encode() + b"\n"
    return Response(problem.status, body, [JSON, *problem.headers.items()])
