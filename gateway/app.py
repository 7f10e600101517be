"""START HERE: `predict` is a request's way through the gateway, in order."""

from pathlib import Path
from typing import Any

import flask
from flask_swagger_ui import get_swaggerui_blueprint

from gateway import api_keys, auth, cache, forwarding, history, known_keys, settings
from gateway.routes import Table
from passerelle import manifest
from passerelle.protocol import problems
from passerelle.server import log, memory, problem_responses, request_body, span
from passerelle.server.file_watcher import FileWatcher

CONTRACT = Path(__file__).parent / "openapi.yaml"


def create_app(options: settings.Settings | None = None) -> flask.Flask:
    """The gateway: `span.TracingMiddleware` outermost, so that every answer is traced, then the routes."""
    options = options or settings.read()
    memory.return_freed_memory()
    log.project = options.project
    accepted_keys = FileWatcher(options.keys, known_keys.reader(options), api_keys.KeysError)
    routes = FileWatcher(options.manifest, Table(options).read, manifest.ManifestError)
    app = flask.Flask("gateway", static_folder=None)
    app.url_map.strict_slashes = app.url_map.merge_slashes = False  # so that none redirects
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    problem_responses.install(app)
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.yaml", {"app_name": "Passerelle"})
    )
    app.wsgi_app = span.TracingMiddleware(app.wsgi_app, "gateway")  # type: ignore[method-assign]  # Flask's own way to add a layer

    @app.post("/model/<model_id>/predict")
    def predict(model_id: str) -> flask.Response:
        """Identify, permit, route, read, look into the cache or forward, relay."""
        request, here = flask.request, span.current()
        with here.step("auth"):
            key = auth.identify(request, accepted_keys.current)
            auth.permit(key, model_id)
        with here.step("route"):
            route = routes.current.find(model_id, key)
        with here.step("read"):
            picture = request_body.read(request, options.max_body)
        with route.history.request() as outcome:
            answer = cache.answer(route, request, picture, forwarding.forward)
            outcome.status = answer.status
        return forwarding.relay(answer)

    @app.get("/models")
    def models() -> dict[str, Any]:
        """Every model that the key may use, with its status now."""
        key = auth.identify(flask.request, accepted_keys.current)
        return {"models": [route.description for route in routes.current.allowed(key)]}

    @app.get("/models/<model_id>")
    def model(model_id: str) -> dict[str, Any]:
        """One of them."""
        key = auth.identify(flask.request, accepted_keys.current)
        auth.permit(key, model_id)
        return routes.current.find(model_id, key).description

    @app.get("/history")
    def past() -> dict[str, Any]:
        """The last minutes of every model that the key may use."""
        key = auth.identify(flask.request, accepted_keys.current)
        told = [route.past for route in routes.current.allowed(key)]
        return {"slot_seconds": history.SECONDS, "models": told}

    @app.get("/health/live")
    def live() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "live"}

    @app.get("/health/ready")
    def ready() -> dict[str, Any]:
        """Whether at least one model can answer."""
        statuses = [each.description["status"] for each in routes.current.by_id.values()]
        if "ready" not in statuses:
            raise problems.ServiceUnavailable("No model is ready yet. GET /models says why.")
        return {"status": "ready", "models": len(statuses), "ready": statuses.count("ready")}

    @app.get("/openapi.yaml")
    def contract() -> flask.Response:
        """The contract that /docs shows."""
        return flask.Response(CONTRACT.read_bytes(), mimetype="application/yaml")

    accepted_keys.start()
    routes.start()
    return app
