"""services/frontend/findings: the task of an answer, found."""

from typing import Any

import pytest

from services.frontend import findings
from services.frontend.findings.classification import Classification
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
        {},
    ],
)
def test_what_fits_no_task_is_shown_as_it_is(document: dict[str, Any]) -> None:
    assert isinstance(findings.read(document), Other)


def test_numbers_are_finite() -> None:
    assert Member.model_config["allow_inf_nan"] is False
