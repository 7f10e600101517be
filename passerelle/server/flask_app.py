"""The Flask application of a process that has one: its errors, and what its handlers can ask.

The loop has read the request already (wsgi.py).
"""

import http
from collections.abc import Callable
from typing import Any

import flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from passerelle.protocol.problems import Problem
from passerelle.server import problem_responses, request_body, wsgi
from passerelle.server.span import Span


def create(
    name: str,
    render_problem: Callable[[Problem], flask.Response] | None = None,
    pages: str | None = None,
) -> flask.Flask:
    """An application whose every error, also an unexpected exception, is answered as a problem.

    `render_problem` replaces `respond` in an application that shows problems in its own way.
    `pages` is the package whose folders `static` and `templates` the application serves.
    """
    app = flask.Flask(pages or name, static_folder="static" if pages else None)
    app.url_map.merge_slashes = False  # so that each path has one spelling
    app.json = _StrictJSON(app)
    app.before_request(note_route)
    show = render_problem or respond
    app.register_error_handler(Problem, show)
    app.register_error_handler(HTTPException, lambda error: show(from_http_exception(error)))
    app.register_error_handler(Exception, lambda error: show(from_unexpected(error)))
    return app


class _StrictJSON(DefaultJSONProvider):
    """JSON with its members in their order, and never NaN or Infinity, which JSON doesn't have."""

    sort_keys = False

    def dumps(self, obj: Any, **options: Any) -> str:
        return super().dumps(obj, allow_nan=False, **options)


def note_route() -> None:
    """Say in the request's span which route it takes."""
    if rule := flask.request.url_rule:
        span().attributes["route"] = rule.rule


def span() -> Span:
    """The span of the request that is being answered."""
    found: Span = flask.request.environ[wsgi.SPAN_KEY]
    return found


def body() -> bytes:
    """The body of the request that is being answered.

    Raises:
        As `request_body.read`.
    """
    found: bytes | Problem = flask.request.environ[wsgi.BODY_KEY]
    if isinstance(found, Problem):
        raise found
    if not found:
        raise request_body.empty()
    return found


def respond(problem: Problem) -> flask.Response:
    """A problem as Flask's response."""
    request_id = span().trace.request_id
    made = problem_responses.response(problem, flask.request.path, request_id)
    return flask.Response(made.body, made.status, made.headers)


def from_unexpected(error: Exception) -> Problem:
    """Any other exception."""
    return problem_responses.from_unexpected(error, span().trace.request_id)


def from_http_exception(error: HTTPException) -> Problem:
    """One of Flask's own errors: an unknown path, a wrong method with its Allow."""
    status, path = error.code or 500, flask.request.path
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    if status == 404:
        return problem_responses.nothing_at(path)
    if status == 405:
        allowed = ", ".join(sorted(headers["Allow"].split(", ")))
        return problem_responses.method_not_allowed(flask.request.method, path, allowed)
    problem = Problem(error.description or http.HTTPStatus(status).phrase, headers)
    problem.status = status
    return problem
