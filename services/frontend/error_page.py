"""An error as the page answers it: HTML for a person, problem+json for a script."""

import flask

from passerelle.protocol import problems
from passerelle.server import flask_app
from services.frontend import errors


def render(problem: problems.Problem) -> flask.Response:
    """A problem in the visitor's language."""
    error = errors.from_problem(problem)
    response = flask_app.respond(error)
    if _wants_html(flask.request):
        request_id = flask_app.span().trace.request_id
        response.set_data(
            flask.render_template("problem.html", page="", problem=error, request_id=request_id)
        )
        response.mimetype = "text/html"
    return response


def _wants_html(request: flask.Request) -> bool:
    """Whether the client prefers HTML to JSON."""
    accepted = request.accept_mimetypes
    return accepted.best_match([problems.MEDIA_TYPE, "text/html"]) == "text/html"
