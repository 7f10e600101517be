"""START HERE: `predict` is a request's way through the model service, in order."""

import contextlib
import dataclasses
import functools
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from passerelle.protocol import contract, problems, timeout
from passerelle.server import application, request_body
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from services.model import decode, memory_budget, picture, settings
from services.model.engines.engine import Infer, Logits
from services.model.models import Model, Models
from services.model.tasks import classification


@dataclasses.dataclass(frozen=True)
class State:
    """What the handlers work with. Per process."""

    options: settings.Settings
    models: Models
    decode_memory: memory_budget.Budget


async def predict(service: State, request: Request) -> Response:
    """Find the model, read the body, wait for a slot, decode and infer in it, name the classes."""
    deadline = deadline_of(request)
    model = service.models.find(request.parameters["model_id"])
    request.span.fields["model"] = model.card.id
    top = classification.parse_top(request.values.get("top"), model.card.classes)
    picture.check_media_type(request.media_type)
    body = await request_body.read(request, service.options.max_body)
    pixels_of = functools.partial(
        decode.pixels, shape=model.card.input, max_pixels=service.options.max_pixels,
        reserve=functools.partial(service.decode_memory.reserve, deadline=deadline),
        readable=service.options.formats,
    )  # fmt: skip
    with request.span.step("queue"):
        slot = await model.scheduler.acquire(deadline)
    values = await model.scheduler.run(
        slot, functools.partial(decode_and_infer, request, body, pixels_of)
    )
    with service.models.state(model.card.id).counting_non_finite():
        found = classification.predictions(values, model.names, top, model.card.activation)
    return answer(model, found, request)


def decode_and_infer(
    request: Request, body: bytes, pixels_of: Callable[[bytes], decode.Pixels], infer: Infer
) -> Logits:
    """The work of a slot's thread."""
    with request.span.step("decode"):
        encoded = picture.find(body, request.headers.get("content-type", ""))
        pixels = pixels_of(encoded)
    with request.span.step("infer"):
        return infer(pixels)


def answer(
    model: Model, predictions: list[classification.Prediction], request: Request
) -> Response:
    """The predictions as the response."""
    document = {
        "model": model.card.id,
        "category": predictions[0]["label"],
        "predictions": predictions,
        "request_id": request.span.trace.request_id,
    }
    return application.json_response(document, {"Artifact-Digest": model.card.digest})


def deadline_of(request: Request) -> float | None:
    """When the request's time is over, in seconds of time.monotonic; None where it has no limit.

    Raises:
        InvalidRequest: its header is no number of seconds.
    """
    seconds = timeout.parse(request.headers.get(timeout.HEADER.lower()))
    return None if seconds is None else time.monotonic() + seconds


async def card(service: State, request: Request) -> Response:
    """`GET /model/<id>`: the model's card and its status."""
    models, model_id = service.models, request.parameters["model_id"]
    about: dict[str, Any] = dataclasses.asdict(models.state(model_id).card)
    return application.json_response(about | models.statuses[model_id])


async def ready(service: State, _: Request) -> Response:
    """`GET /health/ready`: whether every model was loaded, and which was not.

    Raises:
        ServiceUnavailable: one still loads, or none can answer.
    """
    models = service.models
    report: dict[str, Any] = {"contract": contract.VERSION, "models": models.statuses}
    if models.ready:
        return application.json_response({"status": "ready"} | report)
    raise problems.ServiceUnavailable("Not every model is ready.", **report)


def create_app(options: settings.Settings | None = None) -> Application:
    """The service. It loads its models in a thread of its own."""
    options = options or settings.read()
    models = Models(options.artifacts, options.inference_threads, options.max_queue)
    return make_app(State(options, models, memory_budget.Budget(options.decode_memory)))


def make_app(service: State) -> Application:
    """The application around its state."""
    app = Application("model", service.options, lifespan=functools.partial(running, service))
    for method, path, handler in (
        ("POST", "/model/{model_id}/predict", predict),
        ("GET", "/model/{model_id}", card),
        ("GET", "/health/ready", ready),
    ):
        app.add_route(method, path, functools.partial(handler, service))
    return app


@contextlib.asynccontextmanager
async def running(service: State) -> AsyncIterator[None]:
    """Begin to load the models, at the side."""
    service.models.start()
    yield
