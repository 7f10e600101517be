"""services/frontend/models.py: the models' tasks and figures."""

from typing import Any

import pytest

from services.frontend import models
from services.frontend.errors import PageError
from tests.unit.frontend.gateway import model, page

BOXES, OTHER_BOXES, LATE = model("a", task="detection"), model("c", task="detection"), model("d")
VECTORS = model("b", task="embedding")


def test_models_are_grouped_by_their_task_in_their_order() -> None:
    groups = models.by_task([BOXES, VECTORS, OTHER_BOXES, LATE])
    assert groups == {"detection": [BOXES, OTHER_BOXES], "embedding": [VECTORS], "": [LATE]}


def test_a_card_from_before_there_were_tasks_is_a_classifiers() -> None:
    assert models.task_of({"card": {"precision": "fp32"}}) == "classification"


@pytest.mark.parametrize(
    ("protocol", "task"),
    [("oip", "tensor"), ("raw", "raw"), ("pipeline", "pipeline"), ("passerelle", ""), (None, "")],
)
def test_a_model_without_a_card_stands_where_its_protocol_belongs(
    protocol: str | None, task: str
) -> None:
    assert models.task_of(LATE | {"protocol": protocol}) == task


def test_models_of_two_tasks_are_not_compared(tmp_path: Any) -> None:
    models.check_one_task([BOXES, OTHER_BOXES])
    with (
        page(tmp_path).test_request_context(),
        pytest.raises(PageError, match="Only models of one task"),
    ):
        models.check_one_task([BOXES, VECTORS])


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        (None, []),
        ({"top1": 0.7, "top5": None, "pictures": 9}, [("top-1", 0.7)]),
        ({"map50": 0.5, "map": 0.25}, [("mAP", 0.25), ("mAP@50", 0.5)]),
        ({"miou": 0.0}, [("mIoU", 0.0)]),
        ({"recall1": 1}, [("recall@1", 1)]),
    ],
)
def test_each_task_has_its_own_measures(
    evaluation: dict[str, Any] | None, expected: list[tuple[str, float]]
) -> None:
    assert models.measures(evaluation) == expected


@pytest.mark.parametrize(
    ("agreement", "expected"),
    [
        (None, None),
        ({"top1": 0.9}, 0.9),
        ({"measure": "mean IoU", "value": 0.8}, 0.8),
        ({"measure": "same class", "value": 0.0, "top1": 0.9}, 0.0),
    ],
)
def test_an_agreement_is_the_tasks_own_or_an_old_cards(
    agreement: dict[str, Any] | None, expected: float | None
) -> None:
    assert models.agreement(agreement) == expected
