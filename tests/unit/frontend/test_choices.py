"""services/frontend/choices.py: what a session remembers."""

from pathlib import Path
from typing import Any

import flask
import pytest

from services.frontend import choices
from tests.unit.frontend.gateway import FakeGateway, model, page, token


def models(**tasks: str) -> list[dict[str, Any]]:
    """Models that are ready, but for `late`."""
    return [
        model(each, "starting" if each == "late" else "ready", task) for each, task in tasks.items()
    ]


def test_one_model_is_asked_and_several_are_compared(tmp_path: Path) -> None:
    known = models(a="", b="", c="")
    with page(tmp_path).test_request_context():
        choices.save_models("ask", ["b", "a"])
        choices.save_models("compare", ["c", "b"])
        assert choices.chosen_models("ask", known) == ["b"]
        assert choices.chosen_models("compare", known) == ["c", "b"]


def test_a_cookie_stays_small(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        choices.save_models("compare", [str(number) for number in range(100)])
        assert len(flask.session["models"]) == choices.MAX_MODELS


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("ask", models(late="", b="", c=""), ["b"]),
        ("ask", models(late=""), ["late"]),
        ("compare", models(late="", b="", c=""), ["b", "c"]),
        ("compare", models(late=""), []),
        ("compare", models(a="detection", b="embedding", c="detection"), ["a", "c"]),
    ],
)
def test_without_a_choice_what_is_ready_and_of_one_task_is_chosen(
    name: str, known: list[dict[str, Any]], expected: list[str], tmp_path: Path
) -> None:
    with page(tmp_path).test_request_context():
        choices.save_models(name, ["removed"])
        assert choices.chosen_models(name, known) == expected


def test_a_choice_of_several_tasks_is_of_the_first_ones(tmp_path: Path) -> None:
    known = models(a="detection", b="embedding", c="detection")
    with page(tmp_path).test_request_context():
        choices.save_models("compare", ["c", "b", "a"])
        assert choices.chosen_models("compare", known) == ["c", "a"]


def test_a_script_saves_the_choice_of_models(tmp_path: Path) -> None:
    gateway = FakeGateway({"/models": (200, {"models": [model("a"), model("b")]})})
    client = page(tmp_path, gateway).test_client()
    form = {"csrf_token": token(client), "page": "ask", "model": "b"}
    assert client.post("/choice", data=form).status_code == 204
    assert 'name="model" value="b" checked' in client.get("/").text


@pytest.mark.parametrize(
    ("back", "path"), [("compare", "./compare"), ("", "./"), ("//elsewhere.test", "./")]
)
def test_a_chosen_language_leads_back_to_a_page_of_ours(
    back: str, path: str, tmp_path: Path
) -> None:
    client = page(tmp_path).test_client()
    form = {"csrf_token": token(client), "language": "fr", "back": back}
    response = client.post("/choice", data=form)
    assert (response.status_code, response.headers["Location"]) == (303, path)
    assert '<html lang="fr">' in client.get("/").text


def test_nothing_is_remembered_without_the_token(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    assert client.post("/choice", data={"language": "fr"}).status_code == 400
    assert '<html lang="en">' in client.get("/").text
