"""Flask's own errors as problems."""

import flask
import pytest
from werkzeug.exceptions import Gone, MethodNotAllowed, NotFound

from passerelle.server import problem_responses


@pytest.fixture(autouse=True)
def _request() -> object:
    with flask.Flask("test").test_request_context("/there", method="PUT") as context:
        yield context


def test_a_missing_path_is_named_with_what_there_is() -> None:
    problem = problem_responses.from_http_exception(NotFound())
    assert problem.status == 404
    assert problem.detail.startswith("There is nothing at /there. POST /model/<id>/predict")


def test_a_wrong_method_says_which_are_right() -> None:
    problem = problem_responses.from_http_exception(MethodNotAllowed(["POST", "GET"]))
    assert problem.detail == "/there does not take PUT. Use GET, POST."
    assert problem.headers["Allow"] == "GET, POST"


def test_any_other_error_keeps_its_status_and_its_sentence() -> None:
    problem = problem_responses.from_http_exception(Gone("It moved."))
    assert (problem.status, problem.detail) == (410, "It moved.")
    assert "Content-Type" not in problem.headers
