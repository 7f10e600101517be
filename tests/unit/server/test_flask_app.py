"""A process's Flask application: its errors, and what its handlers can ask."""

import json
import math

import flask
import pytest
from werkzeug.exceptions import Gone
from werkzeug.test import TestResponse

from passerelle.protocol import problems, trace
from passerelle.protocol.problems import Problem
from passerelle.server import flask_app, wsgi
from passerelle.server.span import Span


@pytest.fixture
def app() -> flask.Flask:
    made = flask_app.create("test")

    @made.get("/steps")
    def steps() -> dict[str, str]:
        with flask_app.span().step("work"):
            return {"b": "1", "a": "2"}

    @made.get("/nan")
    def nan() -> dict[str, float]:
        return {"share": math.nan}

    @made.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret")

    @made.get("/gone")
    def gone() -> str:
        raise Gone("It moved.")

    @made.post("/length")
    def length() -> str:
        return str(len(flask_app.body()))

    @made.post("/refused")
    def refused() -> str:
        raise problems.UnprocessableContent("Send another.", nearest="x")

    return made


def ask(
    app: flask.Flask,
    method: str,
    path: str,
    body: bytes | Problem = b"",
    span: Span | None = None,
) -> TestResponse:
    """The application's answer to a request that the loop has read."""
    span = span or Span(trace.read({"x-request-id": "mine"}), 0.0)
    environ = {wsgi.SPAN_KEY: span, wsgi.BODY_KEY: body}
    return app.test_client().open(path, method=method, environ_overrides=environ)


def test_a_handler_times_its_steps_in_the_span_of_its_request(app: flask.Flask) -> None:
    span = Span(trace.read({}), 0.0)
    assert ask(app, "GET", "/steps", span=span).status_code == 200
    assert list(span.steps) == ["work"]


def test_json_keeps_its_order(app: flask.Flask) -> None:
    assert list(json.loads(ask(app, "GET", "/steps").data)) == ["b", "a"]


def test_a_handler_gets_the_whole_body(app: flask.Flask) -> None:
    assert ask(app, "POST", "/length", b"picture").text == "7"


def test_a_handler_that_needs_a_body_and_gets_none_says_how_to_send_one(app: flask.Flask) -> None:
    answer = ask(app, "POST", "/length")
    assert answer.status_code == 400
    assert "curl --data-binary" in answer.text


def test_a_body_that_could_not_be_read_is_a_problem_for_the_handler_that_wants_it(
    app: flask.Flask,
) -> None:
    late = problems.RequestTimeout("The body did not arrive in time.")
    assert ask(app, "POST", "/length", late).status_code == 408
    assert ask(app, "POST", "/refused", late).status_code == 422


def test_a_problem_is_answered_with_its_sentence_and_the_requests_id(app: flask.Flask) -> None:
    answer = ask(app, "POST", "/refused")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    document = json.loads(answer.data)
    assert (document["nearest"], document["instance"]) == ("x", "/refused")
    assert document["request_id"] == "mine"


def test_an_unexpected_error_is_logged_whole_and_answered_without_its_text(
    app: flask.Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask(app, "GET", "/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "a secret" in json.loads(capsys.readouterr().out)["traceback"]


def test_nan_is_never_answered_as_json(app: flask.Flask) -> None:
    assert ask(app, "GET", "/nan").status_code == 500


def test_a_missing_path_is_named_with_what_there_is(app: flask.Flask) -> None:
    answer = ask(app, "GET", "/none")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "There is nothing at /none" in answer.text


def test_a_wrong_method_says_which_are_right(app: flask.Flask) -> None:
    answer = ask(app, "PUT", "/steps")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "/steps does not take PUT. Use GET, HEAD, OPTIONS." in answer.text


def test_any_other_error_of_flask_keeps_its_status_and_its_sentence(app: flask.Flask) -> None:
    answer = ask(app, "GET", "/gone")
    assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")
    assert "It moved." in answer.text


@pytest.mark.parametrize(
    ("path", "status"), [("/steps/", 404), ("/steps//", 404), ("/no//steps", 404)]
)
def test_no_path_is_redirected(app: flask.Flask, path: str, status: int) -> None:
    assert ask(app, "GET", path).status_code == status


def test_an_application_may_show_problems_in_its_own_way() -> None:
    app = flask_app.create("test", lambda each: flask.Response(each.detail, 418))
    assert ask(app, "GET", "/none").status_code == 418


def test_an_application_serves_the_static_files_of_its_pages() -> None:
    app = flask_app.create("test", pages="services.frontend")
    assert ask(app, "GET", "/static/none.css").status_code == 404
    assert app.static_folder is not None
    assert flask_app.create("test").static_folder is None
