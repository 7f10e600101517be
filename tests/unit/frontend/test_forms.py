"""services/frontend/forms.py: the pages that take a picture."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.frontend.gateway import FakeGateway, model, page, token

STARTING = (503, {"detail": "The model is starting."})


def submit(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client)} | fields)


def picture() -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"\xff\xd8 a picture"), "cat.jpg"


def states(response: TestResponse) -> list[tuple[str, str]]:
    """Each answer of a page: its model, and whether it is there."""
    return re.findall(r'data-model="(\w+)" data-state="(\w+)"', response.text)


def test_a_page_lists_the_models_and_chooses_a_ready_one(tmp_path: Path) -> None:
    models = [model("a", "starting"), model("b")]
    gateway = FakeGateway({"/models": (200, {"models": models})})
    text = page(tmp_path, gateway).test_client().get("/").text
    assert 'type="radio" name="model" value="a">' in text
    assert 'type="radio" name="model" value="b" checked>' in text


def test_a_page_is_shown_without_a_gateway_too(tmp_path: Path) -> None:
    gateway = FakeGateway()
    gateway.error = requests.ConnectionError()
    response = page(tmp_path, gateway).test_client().get("/compare")
    assert response.status_code == 200
    assert "The gateway does not answer." in response.text


def test_a_picture_is_answered_by_each_chosen_model(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    response = submit(client, "/compare", model=["b", "a"], image=picture())
    assert response.status_code == 200
    assert states(response) == [("b", "done"), ("a", "done")]
    assert "--data-binary @cat.jpg" in response.text


def test_a_model_that_fails_leaves_the_others(tmp_path: Path) -> None:
    client = page(tmp_path, FakeGateway({"/model/a/predict": STARTING})).test_client()
    response = submit(client, "/compare", model=["a", "b"], image=picture())
    assert response.status_code == 200
    assert states(response) == [("a", "failed"), ("b", "done")]
    assert "The model is starting." in response.text


def test_where_every_model_fails_the_page_has_the_first_status(tmp_path: Path) -> None:
    answers = {"/model/a/predict": STARTING, "/model/b/predict": (504, {})}
    client = page(tmp_path, FakeGateway(answers)).test_client()
    response = submit(client, "/compare", model=["a", "b"], image=picture())
    assert response.status_code == 503
    assert states(response) == [("a", "failed"), ("b", "failed")]


def test_a_picture_goes_back_into_the_page_and_need_not_be_chosen_again(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    text = submit(client, "/", model="a", image=picture()).text
    found = re.search(r'name="kept" value="([^"]+)"', text)
    assert found
    response = submit(client, "/", model="b", kept=found[1], kept_name="cat.jpg")
    assert states(response) == [("b", "done")]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"model": "a"}, "There is no picture yet."), ({"image": picture()}, "No model is chosen")],
)
def test_a_form_that_lacks_something_is_told_what(
    fields: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    response = submit(page(tmp_path).test_client(), "/", **fields)
    assert response.status_code == 400
    assert sentence in response.text


def test_each_model_of_a_form_counts_as_a_picture(tmp_path: Path) -> None:
    client = page(tmp_path, PASSERELLE_RATE="3/minute").test_client()
    for expected in (200, 429):
        response = submit(client, "/compare", model=["a", "b"], image=picture())
        assert response.status_code == expected


def test_a_form_without_the_sessions_token_is_refused(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    response = client.post("/", data={"model": "a", "image": picture()})
    assert response.status_code == 400
    assert states(response) == []


def test_the_models_of_a_form_are_chosen_when_the_page_is_opened_again(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    submit(client, "/", model="b", image=picture())
    assert 'name="model" value="b" checked' in client.get("/").text
