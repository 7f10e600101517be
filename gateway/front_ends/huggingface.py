"""Hugging Face's task shapes, at an address which the official clients take as a `model`.

    huggingface_hub.InferenceClient(model="http://127.0.0.1:8080/hf/<id>", token=key)

A model's task decides what is read and answered; docs/clients.md says which tasks those are. What
the clients send and read was taken from their sources, huggingface_hub 2.4.0 and
@huggingface/inference 4.13.30.
"""

import json
import math

from gateway import large_work, transport
from gateway.exchange import Exchange
from gateway.front_ends import passerelle as own
from gateway.front_ends import task_inputs, task_outputs, task_parameters
from passerelle.protocol import accept, problems
from passerelle.protocol.problems import Problem
from passerelle.server.messages import Request, Response

SLOW = ("segmentation",)  # and so are all answers of these tasks, whose masks are made anew
BUSY_DELAY = (
    1.0  # seconds until a 503 is sent: the client in JavaScript asks again at once, for ever
)
DEFAULT_TASK = "classification"  # of a card from before it was stated
RELAYED_HEADERS = ("Retry-After", "Age", "Cache-Status", "ETag")
CAN_ASK = ("passerelle", "oip")  # protocols whose answers have a task
JSON = ("Content-Type", "application/json")


def receive(request: Request) -> Exchange:
    """The exchange of a request whose body has not been read yet.

    Its answer is JSON, whatever it accepts. `X-Use-Cache: false` is Cache-Control's `no-cache` by
    Hugging Face's older name.
    """
    exchange = own.receive(request)
    headers = {name: value for name, value in request.headers.items() if name != "accept"}
    if headers.get("x-use-cache", "").lower() in ("false", "0"):
        headers.setdefault("cache-control", "no-cache")
    exchange.headers = headers
    return exchange


async def read_payload(exchange: Exchange, request: Request, max_bytes: int) -> None:
    """Read the request's body, and make of it what our own API would be sent.

    Parameters may stand in the address as well, where a client drops those of a picture's bytes.

    Raises:
        InvalidRequest: it holds no picture, or asks for what its model doesn't do.
        As `request_body.read`.
    """
    task = known_task(exchange)
    if accept.preferred(request.headers.get("accept", "")) != accept.JSON:
        raise problems.InvalidRequest(
            f"{exchange.model_id} makes no pictures. Ask for application/json."
        )
    await own.read_payload(exchange, request, max_bytes)
    with exchange.span.step("parse"):
        content_type = request.headers.get("content-type", "")
        body = exchange.payload
        inputs = await large_work.run(len(body), task_inputs.find, body, content_type)
    names = task_parameters.NAMES
    given = {name: exchange.query[name] for name in names if name in exchange.query}
    card = {**(exchange.card or {}), "task": task}
    exchange.query = task_parameters.query({**given, **inputs.parameters}, card)
    exchange.payload = inputs.payload
    exchange.headers = {**exchange.headers, "content-type": inputs.content_type}


def known_task(exchange: Exchange) -> str:
    """The task of the model that is asked.

    Raises:
        InvalidRequest: it has none, or none is known.
        ServiceUnavailable: it isn't known yet.
    """
    if exchange.protocol not in CAN_ASK:
        raise problems.InvalidRequest(
            f"{exchange.model_id} has no task that Hugging Face's clients know. "
            f"Ask it at POST /model/{exchange.model_id}/predict."
        )
    if exchange.protocol == "oip":
        return "tensor"
    if exchange.card is None:
        raise problems.ServiceUnavailable(
            f"{exchange.model_id} isn't ready, and its task isn't known yet. GET /models says why."
        )
    return str(exchange.card.get("task", DEFAULT_TASK))


async def respond(exchange: Exchange, response: transport.Response) -> Response:
    """The model's answer as a bare array.

    Raises:
        Problem: that of its service, or of a picture among several.
    """
    answer = await own.respond(exchange, response)
    if answer.status >= 400:
        raise from_service(exchange, response)
    normalize = task_parameters.NORMALIZE in exchange.query
    with exchange.span.step("present"):
        is_slow = (exchange.card or {}).get("task") in SLOW
        size = math.inf if is_slow else len(answer.body)
        body = await large_work.run(size, task_outputs.encode, answer.body, normalize=normalize)
    headers = [each for each in answer.headers if each[0] in RELAYED_HEADERS]
    return Response(answer.status, body, [JSON, *headers])


def from_service(exchange: Exchange, response: transport.Response) -> Problem:
    """The problem that a service answered, in the words of this API."""
    document = json.loads(response.body)
    detail = document["detail"]
    if "threshold" in exchange.query and detail.startswith("threshold is for"):
        detail = f"mask_{detail}"
    seconds = response.headers.get("retry-after")
    found = Problem(detail, {"Retry-After": seconds} if seconds else {})
    found.status = response.status
    return found


def refuse(problem: Problem, request: Request) -> Response:
    """A problem as the clients read it: in JSON's `error`, and of a 403 in a header alone."""
    document = {
        "error": problem.detail,
        "request_id": request.span.trace.request_id,
        **problem.members,
    }
    headers = [JSON, *problem.headers.items()]
    if problem.detail.isascii() and problem.detail.isprintable():
        headers.append(("X-Error-Message", problem.detail))
    body = (json.dumps(document, allow_nan=False) + "\n").encode()
    delay = BUSY_DELAY if problem.status == problems.ServiceUnavailable.status else 0.0
    return Response(problem.status, body, headers, delay=delay)
