"""What clients of the Open Inference Protocol V2 ask beside inference: health, and the models."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import passerelle
from gateway import auth, forwarding, readiness
from gateway.any_route import AnyRoute
from gateway.front_ends import open_inference as front_end
from gateway.front_ends.open_inference import JSON
from gateway.state import State
from passerelle.protocol import problems, statuses
from passerelle.protocol.open_inference import BYTES, IMAGE, RESULT, VERSION
from passerelle.server import application, problem_responses, request_body
from passerelle.server.application import ANY
from passerelle.server.messages import Request, Response

EXTENSIONS = ("binary_tensor_data", "classification")
MAX_QUESTION = 10_000  # bytes of a body that asks for the index

Handler = Callable[[State, Request], Awaitable[Response]]


async def server(gateway: State, request: Request) -> Response:
    """`GET /v2`: what this server is."""
    auth.permit_listing(gateway, await auth.identify_request(gateway, request))
    about = {"name": "passerelle", "version": passerelle.__version__, "extensions": EXTENSIONS}
    return application.json_response(about)


async def live(_: State, __: Request) -> Response:
    """`GET /v2/health/live`: the process answers."""
    return application.json_response({"live": True})


async def ready(gateway: State, _: Request) -> Response:
    """`GET /v2/health/ready`: whether at least one model can answer.

    The protocol's two documents name the member differently, so both are there.

    Raises:
        ServiceUnavailable
    """
    readiness.report(gateway)
    return application.json_response({"ready": True, "live": True})


async def model(gateway: State, request: Request) -> Response:
    """`GET /v2/models/<id>`: which tensors a model takes and gives."""
    return application.json_response(metadata(await find(gateway, request)))


async def model_ready(gateway: State, request: Request) -> Response:
    """`GET /v2/models/<id>/ready`: whether a model can answer.

    Raises:
        ServiceUnavailable
    """
    route = await find(gateway, request)
    forwarding.require_ready(route)
    return application.json_response({"name": route.model.id, "ready": True})


async def index(gateway: State, request: Request) -> Response:
    """`POST /v2/repository/index`: the models that take tensors, of those that the caller sees.

    With `ready` in the body, those alone that can answer now.
    """
    caller = await auth.identify_request(gateway, request)
    auth.permit_listing(gateway, caller)
    only_ready = read_question(await request_body.read_any(request, MAX_QUESTION))
    routes = [each.current for each in gateway.routes.current.allowed(caller)]
    found = [described(each) for each in routes if each.protocol in front_end.PROTOCOLS]
    listed = [each for each in found if not only_ready or each["state"] == "READY"]
    return Response(200, json.dumps(listed, allow_nan=False).encode() + b"\n", [JSON])


async def nothing(_: State, request: Request) -> Response:
    """Whatever else is below `/v2`.

    Raises:
        NotFound
    """
    raise problem_responses.nothing_at(request.path)


HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v2", server),
    ("GET", "/v2/", server),
    ("GET", "/v2/health/live", live),
    ("GET", "/v2/health/ready", ready),
    ("GET", "/v2/models/{model_id}", model),
    ("GET", "/v2/models/{model_id}/ready", model_ready),
    ("GET", "/v2/models/{model_id}/versions/{version}", model),
    ("GET", "/v2/models/{model_id}/versions/{version}/ready", model_ready),
    ("POST", "/v2/repository/index", index),
    (ANY, "/v2{below:path}", nothing),
)


async def find(gateway: State, request: Request) -> AnyRoute:
    """The route of the model that a request's path names.

    Raises:
        Unauthorized, Forbidden, NotFound; InvalidRequest: its backend takes no tensors.
    """
    caller = await auth.identify_request(gateway, request)
    model_id = request.parameters["model_id"]
    auth.permit(gateway, caller, "read", model_id)
    route = gateway.routes.current.find(model_id, caller)
    front_end.require_version(model_id, request)
    front_end.require_protocol(model_id, route.protocol)
    return route


def read_question(body: bytes) -> bool:
    """Whether a body asks for the index of those models alone that are ready.

    Raises:
        InvalidRequest
    """
    try:
        ready = json.loads(body or b"{}").get("ready", False)
    except (ValueError, AttributeError, RecursionError):
        raise problems.InvalidRequest(
            'The body is no JSON object. Send {"ready": true}, or nothing.'
        ) from None
    if not isinstance(ready, bool):
        raise problems.InvalidRequest('"ready" is neither true nor false. Send one of the two.')
    return ready


def described(route: AnyRoute) -> dict[str, str]:
    """A model in the index."""
    status = route.status
    state = "READY" if status.status == statuses.READY else "UNAVAILABLE"
    return {"name": route.model.id, "version": VERSION, "state": state, "reason": status.reason}


def metadata(route: AnyRoute) -> dict[str, Any]:
    """A model's metadata: of a backend that speaks the protocol its own, under the model's id here.

    Raises:
        ServiceUnavailable: nothing is known of it yet.
    """
    model_id, status = route.model.id, route.status
    named = {"name": model_id, "versions": [VERSION]}
    if status.metadata is not None:
        return status.metadata | named
    if status.card is None:
        raise problems.ServiceUnavailable(
            f"Nothing is known of {model_id} yet: it is {status.status}. Try again."
        )
    return named | of_card(status.card)


def of_card(card: dict[str, Any]) -> dict[str, Any]:
    """What a card says of the tensors. The batch may be of any size, so that its side is -1.

    A model with code of its own before or after its network takes a picture, and gives JSON.
    """
    signature = card.get("signature", {})
    if card.get("handler"):
        given, made = [tensor(IMAGE, BYTES, [1])], [tensor(RESULT, BYTES, [1])]
    else:
        given, made = (
            [
                tensor(each["name"], each["datatype"], each["shape"])
                for each in signature.get(part, ())
            ]
            for part in ("inputs", "outputs")
        )
    platform = f"passerelle_{card.get('engine', 'unknown')}"
    return {"platform": platform, "inputs": given, "outputs": made}


def tensor(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
    """A tensor of the metadata, of a batch of any size where its first side is one picture."""
    sides = [-1, *shape[1:]] if shape[:1] == [1] else shape
    return {"name": name, "datatype": datatype, "shape": sides}
