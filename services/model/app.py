"""START HERE: `predict` is a request's way through the model service, in order."""

import contextlib
import dataclasses
import functools
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np

from passerelle.protocol import contract, problems, timeout
from passerelle.server import application, request_body
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from services.model import decode, memory_budget, picture, settings, tensors
from services.model.engines.engine import Infer
from services.model.models import Model, Models
from services.model.tasks import task
from services.model.tasks.task import Encoded, Task

Answer = dict[str, Any] | Encoded  # the members of a document, or what is no JSON


@dataclasses.dataclass(frozen=True)
class State:
    """What the handlers work with. Per process."""

    options: settings.Settings
    models: Models
    decode_memory: memory_budget.Budget


async def predict(service: State, request: Request) -> Response:
    """Find the model, read the body, wait for a slot, decode, infer and present in it."""
    deadline = deadline_of(request)
    model = service.models.find(request.parameters["model_id"])
    request.span.fields["model"] = model.card.id
    task.refuse_other(type(model.task), request.values)
    options = model.task.options(request.values)
    picture.check_media_type(request.media_type)
    body = await request_body.read(request, service.options.max_body)
    prepare = functools.partial(
        decode.prepare, shape=model.card.input, max_pixels=service.options.max_pixels,
        reserve=functools.partial(service.decode_memory.reserve, deadline=deadline),
        readable=service.options.formats,
    )  # fmt: skip
    with request.span.step("queue"):
        slot = await model.scheduler.acquire(deadline)
    work = functools.partial(answer, model.task, request, body, prepare, options)
    with service.models.state(model.card.id).counting_non_finite():
        answered = await model.scheduler.run(slot, work)
    return respond(model, answered, request)


def answer(  # noqa: PLR0913, PLR0917  # all that a picture's way needs
    presenter: Task,
    request: Request,
    body: bytes,
    prepare: Callable[[bytes], decode.Prepared],
    options: Any,
    infer: Infer,
) -> Answer:
    """The work of a slot's thread: from the request's body to the answer."""
    with request.span.step("decode"):
        prepared = prepare(picture.find(body, request.headers.get("content-type", "")))
    with request.span.step("infer"):
        outputs = infer({tensors.PIXELS: prepared.pixels[np.newaxis]})
    with request.span.step("present"):
        accept = request.headers.get("accept", "")
        encoded = presenter.encoded(outputs, prepared.placement, options, accept)
        return encoded or presenter.answer(outputs, prepared.placement, options)


def respond(model: Model, answered: Answer, request: Request) -> Response:
    """The answer as the response."""
    headers = {"Artifact-Digest": model.card.digest}
    if isinstance(answered, Encoded):
        kind = [("Content-Type", answered.media_type)]
        return Response(200, answered.body, [*kind, *headers.items()])
    document = {
        "model": model.card.id,
        "task": model.task.name,
        **answered,
        "request_id": request.span.trace.request_id,
    }
    return application.json_response(document, headers)


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
