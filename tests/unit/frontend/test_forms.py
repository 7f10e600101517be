"""services/frontend/forms.py: the pages that take a picture."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.frontend import forms
from tests.unit.frontend.gateway import FakeGateway, found, model, page, prediction, token

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


def test_a_split_is_listed_like_a_model_with_its_weights(tmp_path: Path) -> None:
    split = {"weights": {"a": 97.5, "b": 2.5}, "sticky": None}
    pets = model("pets", task="classification") | {"split": split}
    gateway = FakeGateway({"/models": (200, {"models": [model("a", task="classification"), pets]})})
    text = page(tmp_path, gateway).test_client().get("/").text
    assert 'name="model" value="pets"' in text
    assert "<span>a 97.5%</span> <span>b 2.5%</span>" in text
    assert text.count("1.5 ms") == 1  # that of the model


def test_a_page_is_shown_without_a_gateway_too(tmp_path: Path) -> None:
    gateway = FakeGateway()
    gateway.error = httpx.ConnectError("refused")
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


BOXES = [model("a", task="detection"), model("b", task="detection")]


def of_boxes(*models: dict[str, Any]) -> FakeGateway:
    """A gateway whose models find a dog, and take a threshold."""
    gateway = FakeGateway({"/models": (200, {"models": list(models or BOXES)})})
    for each in ("a", "b"):
        answer = (200, found("detection", each))
        gateway.answers[f"/model/{each}/predict?threshold=0.5"] = answer
        gateway.answers[f"/model/{each}/predict?threshold=0.25"] = answer
    return gateway


def test_boxes_are_drawn_and_listed_without_scripts(tmp_path: Path) -> None:
    client = page(tmp_path, of_boxes()).test_client()
    text = submit(client, "/compare", model=["a", "b"], image=picture()).text
    assert text.count('<rect class="edge tint6" x="1.25" y="20.0" width="49.75"') == 2
    assert text.count('<div class="stage">\n  <img src="data:image/jpeg;base64,') == 2
    assert text.count("1, 20, 51, 40") == 2


def test_a_forms_threshold_goes_to_models_that_detect(tmp_path: Path) -> None:
    gateway = of_boxes()
    client = page(tmp_path, gateway).test_client()
    response = submit(client, "/", model="a", image=picture(), threshold="0.25")
    assert states(response) == [("a", "done")]
    assert 'name="threshold" type="range"' in response.text
    assert 'value="0.25"' in response.text
    assert "threshold=0.25" in response.text  # of the curl line


def test_other_models_are_not_asked_for_one(tmp_path: Path) -> None:
    gateway = of_boxes(model("a", task="classification"), BOXES[1])
    gateway.answers["/model/a/predict"] = (200, prediction("a"))
    client = page(tmp_path, gateway).test_client()
    response = submit(client, "/", model="a", image=picture(), threshold="0.25")
    assert states(response) == [("a", "done")]


@pytest.mark.parametrize("threshold", ["much", "-0.1", "1.1", "nan"])
def test_a_threshold_is_a_share(threshold: str, tmp_path: Path) -> None:
    client = page(tmp_path, of_boxes()).test_client()
    response = submit(client, "/", model="a", image=picture(), threshold=threshold)
    assert response.status_code == 400
    assert "a number from 0 to 1" in response.text


def test_models_of_two_tasks_are_not_compared(tmp_path: Path) -> None:
    gateway = of_boxes(BOXES[0], model("b", task="embedding"))
    client = page(tmp_path, gateway).test_client()
    response = submit(client, "/compare", model=["a", "b"], image=picture())
    assert response.status_code == 400
    assert "Only models of one task can be compared." in response.text
    assert [each.method for each in gateway.requests if "predict" in str(each.url)] == []


def test_models_are_listed_by_their_task(tmp_path: Path) -> None:
    gateway = of_boxes(BOXES[0], model("b", task="embedding"), model("c"))
    text = page(tmp_path, gateway).test_client().get("/compare").text
    assert re.findall(r"<legend>(.+)</legend>", text) == ["detection", "embedding", "Other"]


def test_the_answers_can_be_saved_without_scripts(tmp_path: Path) -> None:
    client = page(tmp_path, of_boxes()).test_client()
    text = submit(client, "/compare", model=["a", "b"], image=picture()).text
    link = re.search(
        r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="cat.jpg.csv"', text
    )
    assert link
    lines = base64.b64decode(link[1]).decode("utf-8-sig").splitlines()
    assert lines == [
        "file,model,task,class_id,label,score,xmin,ymin,xmax,ymax",
        "cat.jpg,a,detection,18,dog,0.75,1.25,20.0,51.0,40.0",
        "cat.jpg,b,detection,18,dog,0.75,1.25,20.0,51.0,40.0",
    ]


def test_a_picture_is_not_put_into_the_page_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MAX_SOURCES", len(picture()[0].getvalue()))
    client = page(tmp_path, of_boxes()).test_client()
    for model_ids, expected in (["a"], 2), (["a", "b"], 1):  # once as the picture itself
        text = submit(client, "/compare", model=model_ids, image=picture()).text
        assert text.count('src="data:image/jpeg;base64,') == expected
