"""START HERE: `predict` is a request's way through the model service, in order."""

import dataclasses
from typing import Any

import flask

from passerelle.artifact import labels
from passerelle.protocol import contract, problems
from passerelle.server import log, memory, problem_responses, request_body, request_timeout, span
from services.model import decode, picture, settings
from services.model.models import Models


def create_app(options: settings.Settings | None = None) -> flask.Flask:
    """The service, loading its models at the side."""
    options = options or settings.read()
    memory.return_freed_memory()
    log.project = options.project
    models = Models(options.artifacts, options.inference_threads, options.max_queue)
    app = flask.Flask("model", static_folder=None)
    app.url_map.strict_slashes = app.url_map.merge_slashes = False  # so that none redirects
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    problem_responses.install(app)
    app.wsgi_app = span.TracingMiddleware(app.wsgi_app, "model")  # type: ignore[method-assign]  # Flask's own way to add a layer

    @app.post("/model/<model_id>/predict")
    def predict(model_id: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Find the model, read the picture, wait for a turn, decode, infer, label."""
        request, step = flask.request, span.current().step
        until = request_timeout.until(request)
        span.current().fields["model"] = model_id
        model = models.find(model_id)
        top = labels.top(request.args, model.card.classes)
        encoded = picture.find(request_body.read(request, options.max_body), request)
        with step("queue"):
            stream = model.engine.stream(until)
        with stream:
            if span.current().steps["queue"] > request_timeout.SHORT:
                request_timeout.still_wanted(request.environ)
            with step("decode"):
                pixels = decode.pixels(encoded, model.card.input, options.max_pixels)
            with step("infer"):
                logits = stream.infer(pixels)
        predictions = labels.predictions(logits, model.names, top)
        answer = {
            "model": model_id,
            "category": predictions[0]["label"],
            "predictions": predictions,
            "request_id": span.current().trace.request_id,
        }
        return answer, {"Artifact-Digest": model.card.digest}

    @app.get("/model/<model_id>")
    def card(model_id: str) -> dict[str, Any]:
        """The model's card and its status."""
        place = models.place(model_id)
        return dataclasses.asdict(place.card) | models.statuses[model_id]

    @app.get("/health/live")
    def live() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "live"}

    @app.get("/health/ready")
    def ready() -> tuple[dict[str, Any], int]:
        """Whether every model was loaded, and which was not."""
        told: dict[str, Any] = {"contract": contract.VERSION, "models": models.statuses}
        if models.ready:
            return {"status": "ready"} | told, 200
        raise problems.ServiceUnavailable("Not every model is ready.", **told)

    models.start()
    return app
