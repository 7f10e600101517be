"""How far today's answers are from those that a model was measured by."""

import itertools
import random
from typing import Any

import pytest

from gateway.capturing import drift
from passerelle.protocol.distribution import BINS, Distribution


def counted(classes: dict[str, int], scores: dict[int, int] | None = None) -> Distribution:
    total = sum(classes.values())
    bins = [0] * BINS
    for each, count in (scores or {15: total}).items():
        bins[each] = count
    return Distribution(total, classes, bins, sum(bins) * 0.5)


def sampled(chance: random.Random, weights: list[float], count: int) -> Distribution:
    names = [str(each) for each in range(len(weights))]
    found = Distribution()
    for name in chance.choices(names, weights, k=count):
        one = {"label": name, "score": chance.random()}
        found.count({"task": "classification", "predictions": [one]})
    return found


def test_the_classes_that_changed_most_come_first() -> None:
    found = drift.classes(
        counted({"cat": 60, "dog": 40}), counted({"cat": 30, "dog": 40, "cow": 30})
    )
    assert found["distance"] == 0.3
    assert found["most"] == [
        {"class": "cat", "share": 0.6, "reference": 0.3},
        {"class": "cow", "share": 0.0, "reference": 0.3},
    ]


def test_the_scores_distance_is_the_largest_step() -> None:
    now, then = counted({"cat": 40}, {10: 10, 19: 30}), counted({"cat": 40}, {10: 30, 19: 10})
    found = drift.scores(now, then)
    assert found["distance"] == 0.5
    assert (found["mean"], found["reference_mean"]) == (0.5, 0.5)


def test_with_few_pictures_there_is_no_distance() -> None:
    few, many = counted({"cat": 19}), counted({"cat": 500})
    for one, other in itertools.permutations((few, many)):
        assert drift.classes(one, other)["distance"] is None
        assert drift.classes(one, other)["by_chance"] is None
        assert drift.scores(one, other)["distance"] is None


def test_without_boxes_there_is_no_distance() -> None:
    empty = Distribution(pictures=100)
    assert drift.classes(empty, counted({"cat": 100}))["distance"] is None
    assert drift.scores(empty, empty) == {
        "distance": None, "by_chance": None, "mean": None, "reference_mean": None,
    }  # fmt: skip


def test_scores_that_are_no_shares_have_no_distance() -> None:
    odd = counted({"cat": 100})
    odd.unbounded = 1
    assert drift.scores(odd, counted({"cat": 100}))["distance"] is None


@pytest.mark.parametrize(
    ("weights", "now", "then"),
    [
        ([1.0] * 1000, 50, 50),
        ([1.0] * 1000, 5_000, 200),
        ([1 / each for each in range(1, 1001)], 300, 50),
        ([0.5, 0.3, 0.2], 100, 1_000),
    ],
)
def test_what_chance_gives_is_what_samples_of_the_same_have(
    weights: list[float], now: int, then: int
) -> None:
    chance = random.Random(1)  # noqa: S311  # no secret
    found: list[float] = []
    expected: list[float] = []
    for _ in range(20):
        pair = sampled(chance, weights, now), sampled(chance, weights, then)
        classes = drift.classes(*pair)
        found.append(classes["distance"])
        expected.append(classes["by_chance"])
        scores = drift.scores(*pair)
        assert scores["distance"] < 3 * scores["by_chance"]
    assert sum(found) / 20 == pytest.approx(sum(expected) / 20, rel=0.2)


REFERENCE = {"of": "crops", **counted({"cat": 50}).document()}
FEW = counted({"cat": 19}).document()


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        (None, None),
        ({}, None),
        ({"reference": None, "evaluation": {}}, None),
        ({"reference": {"of": "crops"}}, None),
        ({"reference": REFERENCE, "evaluation": None}, "bake"),
        ({"reference": REFERENCE, "evaluation": {"reference": REFERENCE}}, "evaluation"),
        ({"reference": REFERENCE, "evaluation": {"reference": None}}, "bake"),
        ({"reference": REFERENCE, "evaluation": {"reference": FEW}}, "bake"),
    ],
)
def test_an_evaluation_says_more_than_the_bakes_own_pictures(
    card: dict[str, Any] | None, kind: str | None
) -> None:
    found = drift.document(card, counted({"cat": 30}))
    assert (found and found["reference"]) == kind
    if found:
        assert (found["pictures"], found["reference_pictures"]) == (30, 50)
        assert found["classes"]["distance"] == 0.0


def test_of_two_with_few_pictures_the_evaluation_is_told() -> None:
    card = {"reference": {"of": "crops", **FEW}, "evaluation": {"reference": FEW}}
    found = drift.document(card, counted({"cat": 30}))
    assert found is not None
    assert (found["reference"], found["classes"]["distance"]) == ("evaluation", None)
