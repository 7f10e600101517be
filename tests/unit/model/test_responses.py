"""The response to a request's pictures."""

import json

import pytest

from passerelle.protocol import answers, problems
from services.model import batch, models, responses
from services.model.engines.engine import Engine
from services.model.scheduler import Scheduler
from services.model.tasks.classification import Classification
from services.model.tasks.task import Encoded, Task
from tests.unit.model import artifacts

COLOURS = Classification(artifacts.NAMES, "softmax")
DIGEST = ("Artifact-Digest", "d" * 64)


def model(task: Task = COLOURS) -> models.Model:
    return models.Model(artifacts.make_card(), task, Engine(()), Scheduler([lambda _: {}]))


def test_one_answer_is_between_its_model_and_its_request() -> None:
    response = responses.of_one(model(), {"category": "red"}, "mine")
    assert response.body == (
        b'{"model": "net", "task": "classification", "category": "red", "request_id": "mine"}\n'
    )
    assert response.headers == [("Content-Type", "application/json"), DIGEST]


def test_an_answer_that_is_no_json_names_its_model_beside_it() -> None:
    png = Encoded("image/png", b"\x89PNG")
    response = responses.of_one(model(artifacts.Painter()), png, "mine")
    assert response.body == b"\x89PNG"
    assert response.headers == [
        ("Content-Type", "image/png"), ("Model", "net"), DIGEST, ("Vary", "Accept"),
    ]  # fmt: skip


def test_where_there_is_another_form_json_varies_too() -> None:
    response = responses.of_one(model(artifacts.Painter()), {}, "mine")
    assert ("Vary", "Accept") in response.headers


def test_several_answers_are_listed_and_counted() -> None:
    refused = batch.Result[bytes](None, {}, problems.UnprocessableContent("It is broken."))
    response = responses.of_many(model(), [batch.Result(b"{}", {}), refused], "mine")
    broken = {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}
    assert json.loads(response.body) == {
        "model": "net", "task": "classification", "results": [{}, {"problem": broken}],
        "request_id": "mine",
    }  # fmt: skip
    assert response.headers == [("Content-Type", "application/json"), ("Pictures", "2"), DIGEST]


def test_an_answer_that_no_gateway_takes_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 100)
    with pytest.raises(problems.ContentTooLarge, match=r"more than 100 bytes\. Ask for less"):
        responses.of_one(model(), {"data": "x" * 100}, "mine")
    with pytest.raises(problems.ContentTooLarge, match="or send smaller or fewer pictures"):
        responses.of_many(model(), [batch.Result(b"[]" * 50, {})], "mine")
