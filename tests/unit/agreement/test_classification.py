"""passerelle/agreement/classification.py: the same class, or the same classes."""

import math
from typing import Any

import pytest

from passerelle.agreement import classification
from tests.unit.agreement.forms import classified


def of_answers(one: Any, other: Any, *, multi_label: bool = False) -> float | None:
    return classification.of_answers(one, other, multi_label=multi_label)


ONE = classified((3, 0.6), (1, 0.2))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (classified((3, 0.4), (2, 0.4)), 1.0),
        (classified((3, 0.4)), 1.0),  # with ?top=1
        (classified((1, 0.6), (3, 0.2)), 0.0),
        (classified((2, 0.6), (3, 0.6)), 0.0),  # of equal scores the first counts
        (classified((3, 17.5), (1, -4.0)), 1.0),  # without an activation
        (classified(), 0.0),
        ({"predictions": [{"label": "c3", "score": 0.6}]}, None),  # a name, not a number
        ({"predictions": [{"class_id": 3, "score": math.nan}]}, None),
        ({"predictions": [{"class_id": 3}]}, None),
        ({"predictions": ["c3"]}, None),
        ({"predictions": {"class_id": 3}}, None),
        ({}, None),
    ],
)
def test_the_likeliest_class_counts(given: dict[str, Any], expected: float | None) -> None:
    assert of_answers(ONE, given) == of_answers(given, ONE) == expected


def test_two_that_find_nothing_agree() -> None:
    assert of_answers(classified(), classified()) == 1
    assert of_answers(classified(), classified(), multi_label=True) == 1


def test_of_two_classes_with_one_name_each_is_itself() -> None:
    crane = {"class_id": 134, "label": "crane", "score": 0.5}
    machine = {"class_id": 517, "label": "crane", "score": 0.5}
    assert of_answers({"predictions": [crane]}, {"predictions": [machine]}) == 0


@pytest.mark.parametrize(
    ("expected", "given", "agreement"),
    [
        (((1, 0.9), (2, 0.6), (3, 0.1)), ((2, 0.9), (1, 0.5), (3, 0.4)), 1.0),
        (((1, 0.9), (2, 0.6), (3, 0.1)), ((1, 0.9), (2, 0.4), (3, 0.1)), 0.0),
        (((1, 0.4), (2, 0.3)), ((1, 0.3), (2, 0.1)), 1.0),  # none is found
        (((1, 0.4), (2, 0.3)), ((2, 0.4), (1, 0.3)), 0.0),  # that is another
        (((1, 0.4),), ((1, 0.6),), 0.0),
        (((1, 0.9),), ((1, 0.9), (2, 0.8), (3, 0.1)), None),  # of the first only one is shown
        (((1, 0.9), (2, 0.8)), ((2, 0.9), (3, 0.8)), None),  # more may be found in both
        (((1, 0.9), (2, 0.8)), ((1, 0.9), (2, 0.8)), 1.0),
    ],
)
def test_of_several_all_that_are_found_count(
    expected: Any, given: Any, agreement: float | None
) -> None:
    one, other = classified(*expected), classified(*given)
    assert of_answers(one, other, multi_label=True) == agreement
    assert of_answers(other, one, multi_label=True) == agreement


def test_a_decision_is_a_list_of_classes() -> None:
    assert classification.of_decisions([1, 2], [1, 3], multi_label=False) == 1
    assert classification.of_decisions([1, 2], [2, 1], multi_label=False) == 0
    assert classification.of_decisions([1, 2], [2, 1], multi_label=True) == 1
    assert classification.of_decisions([~1], [1], multi_label=True) == 0


def test_people_read_the_likeliest() -> None:
    assert classification.summary(ONE) == "c3 0.60"
    assert classification.summary(classified()) == "nothing"
    assert classification.summary({}) == ""
