"""services/frontend/findings: the task of an answer, found."""

from typing import Any

import pytest

from passerelle.client import Reply, answers
from services.frontend import findings
from services.frontend.findings.classification import Classification
from services.frontend.findings.content import Content
from services.frontend.findings.findings import Member
from services.frontend.findings.other import Other
from tests.unit.frontend.gateway import FOUND, found, prediction


@pytest.mark.parametrize("task", FOUND)
def test_each_task_is_known_by_its_name(task: str) -> None:
    assert findings.read(found(task)).kind == task


def test_an_answer_from_before_there_were_tasks_is_a_classifiers() -> None:
    assert isinstance(findings.read(prediction("a")), Classification)


@pytest.mark.parametrize(
    "document",
    [
        {"task": "depth", "map": [1, 2]},
        {"task": "tensor", "result": [1]},
        {"task": "detection", "predictions": "none"},
        {"task": "segmentation", "image": {"width": 0, "height": 0}, "segments": []},
        {"task": ["detection"], "predictions": []},
        {"task": "pipeline"},
        {},
    ],
)
def test_what_fits_no_task_is_shown_as_it_is(document: dict[str, Any]) -> None:
    assert isinstance(findings.read(document), Other)


def test_numbers_are_finite() -> None:
    assert Member.model_config["allow_inf_nan"] is False


def reply(answer: object, document: dict[str, Any]) -> Reply[object]:
    return Reply(answer, document, {}, 0.0)


def test_a_reply_of_ours_is_read_by_its_task() -> None:
    ours = reply(None, found("detection"))
    assert findings.of_reply(ours, "a").kind == findings.task_of(ours, "a") == "detection"
    assert findings.task_of(reply(None, prediction("a")), "a") == "classification"


@pytest.mark.parametrize(
    ("answer", "document", "result"),
    [
        (answers.OwnAnswer(result=[1]), {}, [1]),
        (answers.OwnAnswer(result={}), {"text": "a"}, {"text": "a"}),
        (None, found("detection", model_id="other"), found("detection", model_id="other")),
    ],
)
def test_json_of_another_make_is_shown_whole(
    answer: object, document: dict[str, Any], result: object
) -> None:
    given = reply(answer, document)
    made = findings.of_reply(given, "a")
    assert isinstance(made, Other)
    assert (made.result, findings.task_of(given, "a")) == (result, "raw")


def test_what_is_no_json_is_content() -> None:
    given = reply(answers.Content(media_type="image/png", content=b"x"), {})
    made = findings.of_reply(given, "a")
    assert isinstance(made, Content)
    assert (made.media_type, made.content) == ("image/png", b"x")
