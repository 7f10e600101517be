"""START HERE: `predict` is a request's way through the model service, in order."""

import dataclasses
import time
from typing import Any

import flask

from passerelle.protocol import contract, problems, timeout
from passerelle.server import application, disconnect, request_body, span
from services.model import decode, picture, settings
from services.model.models import Models
from services.model.tasks import classification

routes = flask.Blueprint("model", __name__)


@dataclasses.dataclass(frozen=True)
class State:
    """What the handlers work with. Per process."""

    options: settings.Settings
    models: Models


def create_app(options: settings.Settings | None = None) -> flask.Flask:
    """The service. It loads its models in a thread of its own."""
    options = options or settings.read()
    models = Models(options.artifacts, options.inference_threads, options.max_queue)
    models.start()
    return make_app(State(options, models))


def make_app(state: State) -> flask.Flask:
    """The application around its state."""
    app = application.create("model", state.options.project)
    app.extensions["passerelle"] = state
    app.register_blueprint(routes)
    return app


def current() -> State:
    """The state of the application that answers the request."""
    state: State = flask.current_app.extensions["passerelle"]
    return state


@routes.post("/model/<model_id>/predict")
def predict(model_id: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Find the model, read the picture, wait for a slot, decode, infer, name the classes."""
    request, state, step = flask.request, current(), span.current().step
    deadline = deadline_of(request)
    span.current().fields["model"] = model_id
    model = state.models.find(model_id)
    top = classification.parse_top(request.args.get("top"), model.card.classes)
    encoded = picture.find(request_body.read(request, state.options.max_body), request)
    with step("queue"):
        slot = model.scheduler.acquire(deadline)
    with slot:
        if span.current().steps["queue"] > disconnect.SHORT_WAIT:
            disconnect.raise_if_disconnected(request.environ)
        with step("decode"):
            pixels = decode.pixels(encoded, model.card.input, state.options.max_pixels)
        with step("infer"):
            logits = slot.infer(pixels)
    predictions = classification.predictions(logits, model.names, top)
    answer = {
        "model": model_id,
        "category": predictions[0]["label"],
        "predictions": predictions,
        "request_id": span.current().trace.request_id,
    }
    return answer, {"Artifact-Digest": model.card.digest}


def deadline_of(request: flask.Request) -> float | None:
    """When the request's time is over, in seconds of time.monotonic; None where it has no limit.

    Raises:
        InvalidRequest: its header is no number of seconds.
    """
    seconds = timeout.parse(request.headers.get(timeout.HEADER))
    return None if seconds is None else time.monotonic() + seconds


@routes.get("/model/<model_id>")
def card(model_id: str) -> dict[str, Any]:
    """The model's card and its status."""
    models = current().models
    return dataclasses.asdict(models.state(model_id).card) | models.statuses[model_id]


@routes.get("/health/ready")
def ready() -> dict[str, Any]:
    """Whether every model was loaded, and which was not.

    Raises:
        ServiceUnavailable: one still loads, or none can answer.
    """
    models = current().models
    report: dict[str, Any] = {"contract": contract.VERSION, "models": models.statuses}
    if models.ready:
        return {"status": "ready"} | report
    raise problems.ServiceUnavailable("Not every model is ready.", **report)
