"""What every process's application does by itself."""

import json

import flask
import pytest

from passerelle.protocol import problems
from passerelle.server import application, span


@pytest.fixture
def app() -> flask.Flask:
    made = application.create("test", project="")

    @made.get("/steps")
    def steps() -> dict[str, str]:
        with span.current().step("work"):
            return {"b": "1", "a": "2"}

    @made.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret")

    @made.post("/refused")
    def refused() -> str:
        raise problems.UnprocessableContent("Send another.", nearest="x")

    return made


def test_it_is_alive_and_the_log_is_quiet_about_it(
    app: flask.Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.test_client().get("/health/live").get_json() == {"status": "live"}
    assert capsys.readouterr().out == ""


def test_every_answer_is_traced_timed_and_logged(
    app: flask.Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    response = app.test_client().get("/steps?key=secret", headers={"X-Request-ID": "mine"})
    assert list(json.loads(response.data)) == ["b", "a"]
    assert response.headers["X-Request-ID"] == "mine"
    assert response.headers["traceparent"].startswith("00-")
    assert response.headers["Server-Timing"].startswith("work;dur=")
    response.close()
    record = json.loads(capsys.readouterr().out)
    assert (record["service"], record["path"], record["status"]) == ("test", "/steps", 200)
    assert "work" in record["steps_ms"]
    assert "secret" not in json.dumps(record)


def test_a_problem_is_answered_with_its_sentence(app: flask.Flask) -> None:
    response = app.test_client().post("/refused", data=b"unread")
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert response.get_json()["nearest"] == "x"
    assert response.get_json()["instance"] == "/refused"


def test_an_unexpected_error_is_logged_whole_and_answered_without_its_text(
    app: flask.Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "a secret" in capsys.readouterr().out


def test_an_unknown_path_and_a_wrong_method_are_problems_too(app: flask.Flask) -> None:
    client = app.test_client()
    assert "There is nothing at /none" in client.get("/none").get_json()["detail"]
    wrong = client.get("/refused")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "OPTIONS, POST")


def test_no_path_is_redirected(app: flask.Flask) -> None:
    for path, status in (("/steps/", 200), ("/steps//", 404), ("/no//steps", 404)):
        assert app.test_client().get(path).status_code == status


def test_an_application_may_show_problems_in_its_own_way() -> None:
    app = application.create(
        "test", "", render_problem=lambda each: flask.Response(each.detail, 418)
    )
    assert app.test_client().get("/none").status_code == 418
