"""The Flask application that each process begins with: errors, traces, the log, liveness.

app = application.create("gateway", project=options.project)
app.register_blueprint(…)
"""

from collections.abc import Callable

import flask

from passerelle.protocol.problems import Problem
from passerelle.server import log, memory, problem_responses, span


def create(
    service: str,
    project: str,
    render_problem: Callable[[Problem], flask.Response] | None = None,
    pages: str | None = None,
) -> flask.Flask:
    """An application whose every answer, errors included, is traced, timed and logged.

    `service` names the process in the log, `project` the Google Cloud project that traces belong
    to. `pages` is the package whose folders `static` and `templates` the application serves.
    """
    memory.return_freed_memory()
    log.project = project
    app = flask.Flask(pages or service, static_folder="static" if pages else None)
    app.url_map.strict_slashes = app.url_map.merge_slashes = False  # so that none redirects
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    problem_responses.install(app, render_problem)
    app.wsgi_app = span.TracingMiddleware(app.wsgi_app, service)  # type: ignore[method-assign]  # Flask's own way to add a layer
    app.add_url_rule("/health/live", view_func=live)
    return app


def live() -> dict[str, str]:
    """`GET /health/live`: the process answers."""
    return {"status": "live"}
