"""START HERE: `predict` is a request's way through the gateway, in order."""

import dataclasses
from pathlib import Path
from typing import Any, cast

import flask
from flask_swagger_ui import get_swaggerui_blueprint

from gateway import api_keys, auth, cache, front_end, history, known_keys, settings
from gateway.api_keys import Key, Keys
from gateway.routes import Routes, RouteTable
from passerelle.manifest import reading
from passerelle.protocol import problems, statuses
from passerelle.server import application, span
from passerelle.server.file_watcher import FileWatcher

CONTRACT = Path(__file__).parent / "openapi.yaml"

api = flask.Blueprint("api", __name__)


@api.post("/model/<model_id>/predict")
def predict(model_id: str) -> flask.Response:
    """Receive, identify, permit, route, read, answer from the cache or the model, respond."""
    request, gateway = flask.request, state()
    exchange = front_end.receive(request, model_id)
    with exchange.span.step("auth"):
        key = auth.identify(exchange.client, gateway.keys.current, exchange.span)
        auth.permit(key, model_id)
    with exchange.span.step("route"):
        route = gateway.routes.current.find(model_id, key)
    front_end.read_payload(exchange, request, gateway.options.max_body)
    with route.history.request() as outcome:
        response = cache.answer(exchange, route)
        outcome.status = response.status
    return front_end.respond(exchange, response)


@api.get("/models")
def models() -> dict[str, Any]:
    """Every model that the key may use, with its status now."""
    return {"models": [route.description for route in state().routes.current.allowed(identify())]}


@api.get("/models/<model_id>")
def model(model_id: str) -> dict[str, Any]:
    """One of them."""
    key = identify()
    auth.permit(key, model_id)
    return state().routes.current.find(model_id, key).description


@api.get("/history")
def last_minutes() -> dict[str, Any]:
    """The last minutes of every model that the key may use."""
    routes = state().routes.current.allowed(identify())
    return {
        "slot_seconds": history.SLOT_SECONDS,
        "models": [route.last_minutes for route in routes],
    }


@api.get("/health/ready")
def ready() -> dict[str, Any]:
    """Whether at least one model can answer."""
    found = [route.description["status"] for route in state().routes.current.by_id.values()]
    if statuses.READY not in found:
        raise problems.ServiceUnavailable("No model is ready yet. GET /models says why.")
    count = found.count(statuses.READY)
    return {"status": "ready", "models": len(found), "ready": count}


@api.get("/openapi.yaml")
def contract() -> flask.Response:
    """The contract that /docs shows."""
    return flask.Response(CONTRACT.read_bytes(), mimetype="application/yaml")


def identify() -> Key:
    """The key of the current request.

    Raises:
        Unauthorized
    """
    request = flask.request
    client = front_end.client(request, front_end.query(request))
    return auth.identify(client, state().keys.current, span.current())


@dataclasses.dataclass(frozen=True)
class State:
    """What all requests share. Per process."""

    options: settings.Settings
    keys: FileWatcher[Keys]
    routes: FileWatcher[Routes]


def state() -> State:
    """The state of the application that answers the current request."""
    return cast("State", flask.current_app.extensions["passerelle"])


def create_app(options: settings.Settings | None = None) -> flask.Flask:
    """The gateway's application, following the key file and the manifest from now on."""
    options = options or settings.read()
    keys = FileWatcher(options.keys, known_keys.reader(options), api_keys.KeysError)
    routes = FileWatcher(options.manifest, RouteTable(options).read, reading.ManifestError)
    app = application.create("gateway", options.project)
    app.extensions["passerelle"] = State(options, keys, routes)
    app.register_blueprint(api)
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.yaml", {"app_name": "Passerelle"})
    )
    keys.start()
    routes.start()
    return app
