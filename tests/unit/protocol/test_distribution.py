"""How often a model says which class, and with which scores."""

from typing import Any

import pytest

from passerelle.protocol import distribution
from passerelle.protocol.distribution import Distribution


def said(label: Any, score: Any) -> dict[str, Any]:
    return {"label": label, "score": score, "class_id": 0}


def answer(*found: Any, task: str = "classification") -> dict[str, Any]:
    return {"task": task, "predictions": list(found)}


def test_a_classification_counts_by_its_likeliest_class() -> None:
    counted = Distribution()
    counted.count(answer(said("cat", 0.97), said("dog", 0.02)))
    counted.count(answer(said("cat", 1.0)))
    assert (counted.pictures, counted.classes) == (2, {"cat": 2})
    assert (counted.scores[19], sum(counted.scores)) == (2, 2)
    assert counted.mean == pytest.approx(0.985)


def test_a_detection_counts_by_all_its_boxes_and_a_picture_without_any_counts() -> None:
    counted = Distribution()
    counted.count(answer(said("cat", 0.9), said("dog", 0.5), task="detection"))
    counted.count(answer(task="detection"))
    assert (counted.pictures, counted.classes) == (2, {"cat": 1, "dog": 1})


@pytest.mark.parametrize(
    "given", [answer(task="embedding"), {"task": "detection"}, {}, {"task": [], "predictions": 3}]
)
def test_other_answers_do_not_count(given: dict[str, Any]) -> None:
    counted = Distribution()
    assert not counted.count(given)
    assert counted == Distribution()


@pytest.mark.parametrize("score", [-1, 1.5, "high", None, float("nan"), float("inf"), 10**400])
def test_with_a_score_that_is_no_share_there_is_no_mean(score: Any) -> None:
    counted = Distribution()
    counted.count(answer(said("cat", score)))
    counted.count(answer(said("cat", 0.5)))
    assert (counted.unbounded, counted.mean) == (1, None)


def test_there_are_no_more_classes_than_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "MAX_CLASSES", 2)
    counted = Distribution()
    for label in ("a", "b", "c", "d", "a" * 1000):
        counted.count(answer(said(label, 0.5)))
    assert counted.classes == {"a": 1, "b": 1, distribution.OTHERS: 3}


def test_what_was_counted_is_read_as_it_was_and_adds_up() -> None:
    counted = Distribution()
    for label in ("b", "a", "b"):
        counted.count(answer(said(label, 0.3125)))
    document = counted.document()
    assert list(document["classes"]) == ["b", "a"]
    read = Distribution.of({"of": "pictures", **document})
    assert read == counted
    assert read is not None
    read.add(counted)
    assert (read.pictures, read.classes["b"], read.scores[6]) == (6, 4, 6)


@pytest.mark.parametrize(
    "change", [{"scores": [1]}, {"pictures": -1}, {"pictures": 10**400}, {"classes": [1]},
     {"classes": {str(each): 1 for each in range(3_000)}}, {"score_sum": "x"},
               {"unbounded": None}]
)  # fmt: skip
def test_what_is_no_distribution_is_none(change: dict[str, Any]) -> None:
    assert Distribution.of(Distribution().document() | change) is None
    assert Distribution.of(None) is None
    assert Distribution.of([]) is None
