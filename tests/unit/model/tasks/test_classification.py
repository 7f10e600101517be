"""Logits -> the likeliest classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.protocol import problems
from services.model.engines.engine import Logits
from services.model.tasks import classification

NAMES = ["a", "b", "c", "d"]


def logits(*values: float) -> Logits:
    return np.array(values, np.float32)


def test_the_likeliest_come_first_with_their_softmax_scores() -> None:
    first, second = classification.predictions(logits(0, np.log(3), 0, 0), NAMES, 2)
    assert first == {"class_id": 1, "label": "b", "score": 0.5}
    assert second["score"] == pytest.approx(1 / 6, abs=1e-6)


def test_of_equals_the_lower_number_comes_first() -> None:
    found = classification.predictions(logits(1, 1, 1, 1), NAMES, 4)
    assert [each["class_id"] for each in found] == [0, 1, 2, 3]


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4))
def test_scores_are_shares_of_one_in_falling_order(values: list[float]) -> None:
    scores = [each["score"] for each in classification.predictions(logits(*values), NAMES, 4)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [(None, 1000, 5), (None, 3, 3), ("1", 3, 1), ("3", 3, 3), ("007", 1000, 7)],
)
def test_top_is_a_number_of_classes(text: str | None, classes: int, expected: int) -> None:
    assert classification.parse_top(text, classes) == expected


@pytest.mark.parametrize("text", ["", "0", "4", "-1", "1.5", "two", "٣", "1" * 5000])
def test_another_top_is_refused(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match="Use a number from 1 to 3"):
        classification.parse_top(text, 3)
