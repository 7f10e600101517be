"""What people ask the gateway beside predictions: models, history, the contract. Flask, in threads.

Whether it is ready is answered on the event loop, so that nothing here can hide it.
"""

from pathlib import Path
from typing import Any, cast

import flask
from flask_swagger_ui import get_swaggerui_blueprint

from gateway import auth, credentials, history, readiness
from gateway.api_keys import Key
from gateway.route import AnyRoute
from gateway.state import State
from passerelle.server import application, flask_app
from passerelle.server.messages import Request, Response

CONTRACT = Path(__file__).parent / "openapi.yaml"

api = flask.Blueprint("api", __name__)


@api.get("/models")
def models() -> dict[str, Any]:
    """Every model that the key may use, with its status now."""
    return {"models": [description(each) for each in state().routes.current.allowed(identify())]}


@api.get("/models/<model_id>")
def model(model_id: str) -> dict[str, Any]:
    """One of them."""
    key = identify()
    auth.permit(key, model_id)
    return description(state().routes.current.find(model_id, key))


@api.get("/history")
def last_minutes() -> dict[str, Any]:
    """The last minutes of every model that the key may use."""
    routes = state().routes.current.allowed(identify())
    return {
        "slot_seconds": history.SLOT_SECONDS,
        "models": [route.last_minutes for route in routes],
    }


@api.get("/openapi.yaml")
def contract() -> flask.Response:
    """The contract that /docs shows."""
    return flask.Response(CONTRACT.read_bytes(), mimetype="application/yaml")


async def ready(gateway: State, _: Request) -> Response:
    """`GET /health/ready`: whether at least one model can answer.

    Raises:
        ServiceUnavailable
    """
    return application.json_response(readiness.report(gateway))


def description(route: AnyRoute) -> dict[str, Any]:
    """A model as people see it, its path below the proxy's."""
    found = route.description
    return found | {"predict": state().options.path_prefix + found["predict"]}


def identify() -> Key:
    """The key of the current request.

    Raises:
        Unauthorized
    """
    request = flask.request
    headers = {name.lower(): value for name, value in request.headers}
    client = credentials.client(headers, request.args)
    return auth.identify(client, state().keys.current, flask_app.span())


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
