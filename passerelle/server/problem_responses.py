"""Problems as HTTP responses: the one place where an error becomes an answer."""

import http
import json
import traceback
import urllib.parse
from collections.abc import Callable

import flask
from werkzeug.exceptions import HTTPException

from passerelle.protocol import problems
from passerelle.protocol.problems import Problem
from passerelle.server import body_chunks, log, span


def install(app: flask.Flask, render: Callable[[Problem], flask.Response] | None = None) -> None:
    """Answer every error of `app` as a problem: its own, Flask's, and unexpected exceptions.

    `render` replaces `respond` in an app that shows problems in its own way.
    """
    show = render or respond
    app.register_error_handler(Problem, show)
    app.register_error_handler(HTTPException, lambda error: show(from_http_exception(error)))
    app.register_error_handler(Exception, lambda error: show(from_unexpected(error)))


def from_http_exception(error: HTTPException) -> Problem:
    """One of Flask's own errors: an unknown path, a wrong method with its Allow."""
    status = error.code or 500
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    method, path = flask.request.method, flask.request.path
    detail = {
        404: f"There is nothing at {path}. POST /model/<id>/predict classifies a picture.",
        405: f"{path} does not take {method}. Use {headers.get('Allow')}.",
    }.get(status, error.description or http.HTTPStatus(status).phrase)
    problem = Problem(detail, headers)
    problem.status = status
    return problem


def from_unexpected(error: Exception) -> Problem:
    """Any other exception is our fault: logged whole, answered with a general sentence."""
    log.write(
        "ERROR",
        "unforeseen error",
        request_id=span.current().trace.request_id,
        traceback="".join(traceback.format_exception(error)),
    )
    return problems.InternalError("Something went wrong on our side. Report it with request_id.")


def respond(problem: Problem) -> flask.Response:
    """A problem as a response, once the rest of the request's body was read and dropped."""
    body_chunks.drain(flask.request.environ)
    document = problems.document(
        problem.status,
        problem.detail,
        span.current().trace.request_id,
        urllib.parse.quote(flask.request.path),
        **problem.members,
    )
    status = f"{problem.status} {problems.title(problem.status)}"
    return flask.Response(
        json.dumps(document) + "\n", status, problem.headers, mimetype=problems.MEDIA_TYPE
    )
