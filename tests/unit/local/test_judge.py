"""passerelle/local/judge.py: decisions against labels, and against an fp32 model's."""

from typing import Any

import pytest

from passerelle.local.judge import Decisions, Judge
from tests.unit.model import artifacts


def judged(
    task: str, decisions: dict[str, Any], labels: dict[str, Any] | None = None,
    expected: dict[str, Any] | None = None,
) -> Judge:  # fmt: skip
    """What these decisions of a model come to, with those of its fp32 model as expected."""
    fp32 = None
    if expected is not None:
        fp32 = Decisions()
        for file, decision in expected.items():
            fp32.add(file, decision)
    judge = Judge(artifacts.make_card(task=task), artifacts.NAMES, labels or {}, fp32)
    for file, decision in decisions.items():
        judge.add(file, decision)
    return judge


def test_the_metric_is_of_the_pictures_that_are_labelled_and_were_read() -> None:
    answers = {"1": [0, 1], "2": [1, 2], "3": [3, 4]}
    found = judged("classification", answers, {"1": 0, "2": 2, "4": 0})
    assert found.figures() == {"top1": 0.5, "top5": 1.0}
    assert (found.pictures, found.labelled, found.agreement) == (3, 2, None)
    without = judged("classification", answers)
    assert (without.figures(), without.labelled) == ({"top1": None, "top5": None}, 0)


def test_agreement_is_of_the_pictures_that_both_have_read() -> None:
    decisions = {"1": [0], "2": [1], "3": [2]}
    assert judged("classification", decisions, expected={"1": [0], "2": [0]}).agreement == 0.5
    assert judged("classification", {"1": [0]}, expected={}).agreement == 0.0


def test_embeddings_agree_by_the_angle_between_them() -> None:
    found = judged("embedding", {"1": [2.0, 0.0], "2": [1.0, 1.0]}, {"1": "a", "2": "a"},
                   expected={"1": [1.0, 0.0], "2": [1.0, 0.0]})  # fmt: skip
    assert found.agreement == pytest.approx((1 + 2**-0.5) / 2, abs=1e-4)
    assert found.figures() == {"recall1": 1.0}


def test_a_task_without_a_metric_has_agreement_alone() -> None:
    values = {"shapes": {"a": [1, 2]}, "values": [1.0, 0.0]}
    found = judged("tensor", {"1": values}, expected={"1": values})
    assert (found.figures(), found.labelled, found.agreement) == ({}, 0, 1.0)


def test_boxes_that_reach_no_threshold_are_compared_all_the_same() -> None:
    low, other = [1, 0.2, 0, 0, 9, 9], [1, 0.2, 50, 50, 90, 90]
    found = judged("detection", {"1": [low], "2": [other]}, expected={"1": [low], "2": [low]})
    assert found.agreement == 0.5


def test_decisions_are_kept_as_they_were() -> None:
    kept = Decisions()
    kept.add("1", [[1, 0.123456, 3.5]])
    assert kept.find("1") == [[1, 0.123456, 3.5]]
    assert kept.find("2") is None
