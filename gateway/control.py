"""What people ask the gateway beside predictions: models, usage, the contract. Flask, in threads.

Whether it is ready is answered on the event loop, so that nothing here can hide it.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import flask
from flask_swagger_ui import get_swaggerui_blueprint

from gateway import auth, captured, history, readiness, rollout, usage_report
from gateway.any_route import AnyRoute
from gateway.caller import Caller
from gateway.state import State
from passerelle.server import application, flask_app
from passerelle.server.messages import Request, Response
from passerelle.server.metrics import Metrics
from passerelle.server.wsgi import Threads

CALLER_KEY, ROLLOUT_KEY = "passerelle.caller", "passerelle.rollout"  # in the environ
Handler = Callable[[State, Threads, Request], Awaitable[Response]]
CONTRACT = Path(__file__).parent / "openapi.yaml"

api = flask.Blueprint("api", __name__)


@api.get("/models")
def models() -> dict[str, Any]:
    """Every model that the caller may read of, with its status now."""
    return {"models": [description(each) for each in state().routes.current.allowed(caller())]}


@api.get("/models/<model_id>")
def model(model_id: str) -> dict[str, Any]:
    """One of them, and how its variants and mirrors do."""
    found = description(state().routes.current.find(model_id, caller()))
    return {**found, **flask.request.environ[ROLLOUT_KEY]}


@api.get("/history")
def last_minutes() -> dict[str, Any]:
    """The last minutes of every model that the caller may read of."""
    routes = state().routes.current.allowed(caller())
    return {
        "slot_seconds": history.SLOT_SECONDS,
        "models": [route.last_minutes for route in routes],
    }


@api.get("/usage")
def usage() -> dict[str, Any]:
    """The usage that the caller may see."""
    return usage_report.document(state(), flask.request.args, caller())


@api.get("/openapi.yaml")
def contract() -> flask.Response:
    """The contract that /docs shows."""
    return flask.Response(CONTRACT.read_bytes(), mimetype="application/yaml")


async def listing(gateway: State, threads: Threads, request: Request) -> Response:
    """What Flask answers of all models, to who may list some.

    Raises:
        Unauthorized, Forbidden
    """
    found = await identify(gateway, request)
    auth.permit_listing(gateway, found)
    return await threads.answer(request)


async def one_model(gateway: State, threads: Threads, request: Request) -> Response:
    """What Flask answers of one model, to who may read of it.

    Raises:
        Unauthorized, Forbidden, NotFound
    """
    found = await identify(gateway, request)
    auth.permit(gateway, found, "read", request.parameters["model_id"])
    route = gateway.routes.current.find(request.parameters["model_id"], found)
    request.environ[ROLLOUT_KEY] = await rollout.members(gateway, route)
    return await threads.answer(request)


async def own_usage(gateway: State, threads: Threads, request: Request) -> Response:
    """What Flask answers of the usage, to who has a key or token.

    Raises:
        Unauthorized
    """
    found = await identify(gateway, request)
    auth.require_caller(gateway, found)
    await usage_report.freshen(gateway)
    return await threads.answer(request)


HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/models", listing),
    ("GET", "/models/{model_id}", one_model),
    ("GET", "/models/{model_id}/captured/{name}", captured.picture),
    ("GET", "/history", listing),
    ("GET", "/usage", own_usage),
)  # of what needs a key


async def ready(gateway: State, _: Request) -> Response:
    """`GET /health/ready`: whether at least one model can answer.

    Raises:
        ServiceUnavailable
    """
    return application.json_response(readiness.report(gateway))


async def metrics(gateway: State, measured: Metrics, request: Request) -> Response:
    """`GET /metrics`: what Prometheus scrapes, for who has the verb.

    Raises:
        Unauthorized, Forbidden
    """
    auth.permit(gateway, await identify(gateway, request), "metrics")
    return await measured.response(request)


def description(route: AnyRoute) -> dict[str, Any]:
    """A model as people see it, its path below the proxy's."""
    found = route.description
    return found | {"predict": state().options.path_prefix + found["predict"]}


async def identify(gateway: State, request: Request) -> Caller:
    """Whoever sent a request; Flask's functions are told, too.

    Raises:
        Unauthorized
    """
    found = await auth.identify_request(gateway, request)
    request.environ[CALLER_KEY] = found
    return found


def caller() -> Caller:
    """Whoever sent the current request."""
    return cast("Caller", flask.request.environ[CALLER_KEY])


def state() -> State:
    """The state of the gateway that answers the current request."""
    return cast("State", flask.current_app.extensions["passerelle"])


def create_app(gateway: State) -> flask.Flask:
    """The Flask application."""
    app = flask_app.create("gateway")
    app.extensions["passerelle"] = gateway
    app.register_blueprint(api)
    # Every address in it is relative, so that it holds below any path of a proxy.
    options = {"app_name": "Passerelle", "oauth2RedirectUrl": "oauth2-redirect.html"}
    pages = get_swaggerui_blueprint(".", "../openapi.yaml", options)
    app.register_blueprint(pages, url_prefix="/docs")
    app.add_url_rule("/docs", "docs", lambda: flask.redirect("docs/", 308))
    return app
