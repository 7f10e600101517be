"""Problems as HTTP responses: the one place where an error becomes an answer."""

import json
import traceback
import urllib.parse

from passerelle.protocol import problems
from passerelle.protocol.problems import Problem
from passerelle.server import log
from passerelle.server.messages import Request, Response


def response(problem: Problem, path: str, request_id: str) -> Response:
    """A problem as the response to a request of that path, which may be empty."""
    document = problems.document(problem, request_id, urllib.parse.quote(path))
    body = (json.dumps(document, allow_nan=False) + "\n").encode()
    return Response(
        problem.status, body, [("Content-Type", problems.MEDIA_TYPE), *problem.headers.items()]
    )


def refuse(problem: Problem, request: Request) -> Response:
    """A problem as the response to a request."""
    return response(problem, request.path, request.span.trace.request_id)


def from_unexpected(error: BaseException, request_id: str) -> Problem:
    """Any other exception is our fault: logged whole, answered with a general sentence."""
    log.write(
        "ERROR",
        "unforeseen error",
        request_id=request_id,
        traceback="".join(traceback.format_exception(error)),
    )
    return problems.InternalError("Something went wrong on our side. Report it with request_id.")


def nothing_at(path: str) -> Problem:
    """The problem of a path that leads nowhere."""
    return problems.NotFound(
        f"There is nothing at {path}. POST /model/<id>/predict classifies a picture."
    )


def method_not_allowed(method: str, path: str, allowed: str) -> Problem:
    """The problem of a path that takes other methods than this."""
    problem = Problem(f"{path} does not take {method}. Use {allowed}.", {"Allow": allowed})
    problem.status = 405
    return problem
