"""START HERE: `predict` is a request's way through the model service, in order."""

import contextlib
import dataclasses
import functools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from passerelle.protocol import contract, problems
from passerelle.server import application, request_body
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from passerelle.server.metrics import PATH
from passerelle.server.pictures import sending
from services.model import asked, batch, memory_budget, metrics, responses, settings
from services.model.models import Model, Models
from services.model.open_inference import infer
from services.model.prediction import Parted, Prediction
from services.model.responses import Answer
from services.model.state import State


async def predict(service: State, request: Request) -> Response:
    """Find the model, read the body, wait for a slot, answer in it; several pictures in several."""
    deadline = asked.deadline(request)
    model = service.models.find(request.parameters["model_id"])
    request.span.fields["model"] = request.span.attributes["model"] = model.card.id
    prediction = asked.prediction(model, request, service.limits(deadline))
    with service.models.state(model.card.id).counting_non_finite():
        answer = await read_and_answer(service, model, request, prediction, deadline)
    if isinstance(answer, list):
        pictures = batch.Batch(answer, prediction.answer, request.span)
        return await answer_each(service, model, request, pictures, deadline)
    if isinstance(answer, Parted):
        return of_each(service, model, request, answer.results)
    return responses.of_one(model, answer, request.span.trace.request_id)


async def answer_each(
    service: State,
    model: Model,
    request: Request,
    pictures: batch.Batch[sending.Encoded, bytes],
    deadline: float | None,
) -> Response:
    """The answer to several pictures: what became of each."""
    request.span.fields["pictures"] = len(pictures.pictures)
    return of_each(service, model, request, await pictures.run(model.scheduler, deadline))


def of_each(
    service: State, model: Model, request: Request, results: list[batch.Result[bytes]]
) -> Response:
    """What became of several pictures, or of the parts of one."""
    request.span.fields["pictures"] = len(results)
    service.models.state(model.card.id).count_non_finite(each.problem for each in results)
    return responses.of_many(model, results, request.span.trace.request_id)


async def read_and_answer(
    service: State, model: Model, request: Request, prediction: Prediction, deadline: float | None
) -> Answer | Parted | list[sending.Encoded]:
    """The answer to the request's picture or its parts, or its pictures where there are several.

    Those are held by themselves, each until its turn; nothing holds the whole body any more.
    """
    body = await request_body.read(request, service.options.max_body)
    with request.span.step("queue"):
        slot = await model.scheduler.acquire(deadline)
    with lasting(deadline) as is_over:
        work = functools.partial(
            prediction.find_and_answer, body, request.headers.get("content-type", ""),
            service.options.max_pictures, request.span, is_over,
        )  # fmt: skip
        return await model.scheduler.run(slot, work, deadline)


@contextlib.contextmanager
def lasting(deadline: float | None) -> Iterator[Callable[[], bool]]:
    """What tells a slot's thread that the deadline passed, or that the block was left."""
    left = threading.Event()
    try:
        yield lambda: left.is_set() or (deadline is not None and time.monotonic() > deadline)
    finally:
        left.set()


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
    models = Models(
        options.artifacts, options.inference_threads, options.max_queue, options.stuck_after
    )
    return make_app(State(options, models, memory_budget.Budget(options.decode_memory)))


def make_app(service: State) -> Application:
    """The application around its state."""
    app = Application("model", service.options, lifespan=functools.partial(running, service))
    measured = metrics.of(service.models, service.decode_memory)
    measured.follow(app)
    app.add_route("GET", PATH, measured.response)
    for method, path, handler in (
        ("POST", "/model/{model_id}/predict", predict),
        ("POST", "/model/{model_id}/infer", infer.infer),
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
