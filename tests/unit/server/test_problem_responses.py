"""Errors as answers."""

import json

import pytest

from passerelle.protocol import problems
from passerelle.server import problem_responses


def test_a_problem_is_an_answer_of_its_status_with_its_sentence_and_its_headers() -> None:
    problem = problems.ServiceUnavailable("The model is busy.", 7, model="m")
    response = problem_responses.response(problem, "/model/m/predict", "mine")
    assert response.status == 503
    assert ("Content-Type", "application/problem+json") in response.headers
    assert ("Retry-After", "7") in response.headers
    document = json.loads(response.body)
    assert (document["detail"], document["request_id"]) == ("The model is busy.", "mine")
    assert (document["instance"], document["model"]) == ("/model/m/predict", "m")


def test_a_path_is_percent_encoded_and_one_that_is_not_known_left_out() -> None:
    problem = problems.NotFound("There is none.")
    named = json.loads(problem_responses.response(problem, "/a b/ü", "mine").body)
    assert named["instance"] == "/a%20b/%C3%BC"
    assert "instance" not in json.loads(problem_responses.response(problem, "", "mine").body)


def test_an_unexpected_error_is_logged_whole_and_answered_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = problem_responses.from_unexpected(RuntimeError("a secret"), "mine")
    assert problem.status == 500
    assert "secret" not in problem.detail
    record = json.loads(capsys.readouterr().out)
    assert (record["severity"], record["request_id"]) == ("ERROR", "mine")
    assert "RuntimeError: a secret" in record["traceback"]


def test_a_missing_path_is_named_with_what_there_is() -> None:
    problem = problem_responses.nothing_at("/there")
    assert problem.status == 404
    assert problem.detail.startswith("There is nothing at /there. POST /model/<id>/predict")


def test_a_wrong_method_says_which_are_right() -> None:
    problem = problem_responses.method_not_allowed("PUT", "/there", "GET, POST")
    assert problem.status == 405
    assert problem.detail == "/there does not take PUT. Use GET, POST."
    assert problem.headers["Allow"] == "GET, POST"
