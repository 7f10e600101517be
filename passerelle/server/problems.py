"""Every error an HTTP client can meet, rendered in one place as RFC 9457 problem details.

    Problem
    ├── InvalidRequest        400  the request is not well formed
    ├── Unauthorized          401  no key, or not one of ours
    ├── Forbidden             403  a good key, without that right
    ├── NotFound              404
    ├── RequestTimeout        408  the body did not arrive in time
    ├── ContentTooLarge       413  too many bytes, or too many pixels
    ├── UnsupportedMediaType  415  not a format that is read here
    ├── UnprocessableContent  422  the right format, but broken
    ├── TooManyRequests       429  over a limit: wait
    ├── ClientClosedRequest   499  nobody waits for the answer any more
    ├── InternalError         500  our fault
    ├── BadGateway            502  the model's service broke off or answered nonsense
    ├── ServiceUnavailable    503  the model is starting, down or busy: try again
    └── GatewayTimeout        504  the model did not answer in time, or not begin

`detail` is a sentence that says what to do. It never holds an exception's text, a backend's
address or a key.
"""

import http
import json
import traceback
import urllib.parse
from collections.abc import Callable
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from passerelle.server import body_chunks, log, span

MEDIA_TYPE = "application/problem+json"
TITLES = {  # RFC 9110's, where Python's vary; 499 is nginx's, for the log
    413: "Content Too Large",
    422: "Unprocessable Content",
    499: "Client Closed Request",
}


class Problem(Exception):
    """An error with a status and a sentence. `members` extend the problem object."""

    status = 500

    def __init__(self, detail: str, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.members = members


class InvalidRequest(Problem):
    status = 400


class Unauthorized(Problem):
    status = 401

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": 'Bearer realm="passerelle"'})


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class RequestTimeout(Problem):
    status = 408


class ContentTooLarge(Problem):
    status = 413


class UnsupportedMediaType(Problem):
    status = 415


class UnprocessableContent(Problem):
    status = 422


class TooManyRequests(Problem):
    status = 429

    def __init__(self, detail: str, retry_after: int, **members: Any) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)}, **members)


class ClientClosedRequest(Problem):
    status = 499


class InternalError(Problem):
    status = 500


class BadGateway(Problem):
    status = 502


class ServiceUnavailable(Problem):
    status = 503

    def __init__(self, detail: str, retry_after: int = 1, **members: Any) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)}, **members)


class GatewayTimeout(Problem):
    status = 504


def install(app: flask.Flask, render: Callable[[Problem], flask.Response] | None = None) -> None:
    """Answer every error of `app` as a problem: its own, the framework's, and the unforeseen.

    `render` makes the answers of an app that has its own way to show them.
    """
    show = render or answer
    app.register_error_handler(Problem, show)
    app.register_error_handler(HTTPException, lambda error: show(from_http(error)))
    app.register_error_handler(Exception, lambda error: show(from_unforeseen(error)))


def from_http(error: HTTPException) -> Problem:
    """Flask's own errors: an unknown path, a wrong method with its Allow."""
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


def from_unforeseen(error: Exception) -> Problem:
    """Anything else is our fault: logged whole, answered with a generic sentence."""
    log.write(
        "ERROR",
        "unforeseen error",
        request_id=span.current().trace.request_id,
        traceback="".join(traceback.format_exception(error)),
    )
    return InternalError("Something went wrong on our side. Report it with request_id.")


def title(status: int) -> str:
    """A status in words."""
    return TITLES.get(status) or http.HTTPStatus(status).phrase


def answer(problem: Problem) -> flask.Response:
    """The one place where a problem becomes an answer, once the request's body was read off."""
    body_chunks.drain(flask.request.environ)
    document = {
        "type": "about:blank",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
        "instance": urllib.parse.quote(flask.request.path),
        "request_id": span.current().trace.request_id,
        **problem.members,
    }
    status = f"{problem.status} {title(problem.status)}"
    return flask.Response(json.dumps(document) + "\n", status, problem.headers, mimetype=MEDIA_TYPE)
