"""passerelle/agreement/detection.py: boxes that both find."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.agreement import detection
from tests.unit.agreement.forms import detected

EDGES = ("xmin", "ymin", "xmax", "ymax")
CAT, MAN = (3, 0.9, 0, 0, 10, 10), (1, 0.8, 50, 50, 90, 90)


def of_answers(one: Any, other: Any) -> float | None:
    return detection.of_answers(one, other, multi_label=False)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([CAT, MAN], 1.0),
        ([CAT], 2 / 3),
        ([CAT, (3, *MAN[1:])], 0.5),  # of another class
        ([CAT, (1, 0.8, 50, 50, 90, 69)], 0.5),  # that overlaps by less than half
        ([CAT, (1, 0.49, 50, 50, 90, 90)], 2 / 3),  # with ?threshold=0.4
        ([CAT, (1, 0.8, 90, 90, 50, 50)], 0.5),  # the wrong way round
        ([], 0.0),
    ],
)
def test_answers_agree_by_the_boxes_of_both(rows: Any, expected: float) -> None:
    found = of_answers(detected(CAT, MAN), detected(*rows))
    assert found == pytest.approx(expected)
    assert found == detection.of_decisions([CAT, MAN], rows)


def test_two_that_find_nothing_agree() -> None:
    assert of_answers(detected(), detected()) == 1
    assert of_answers(detected(), detected(CAT)) == 0


def test_what_finds_nothing_that_is_sure_is_compared_by_what_it_finds() -> None:
    low = (1, 0.2, 0, 0, 9, 9)
    assert of_answers(detected(low), detected(low)) == 1
    assert of_answers(detected(low), detected((1, 0.3, 50, 50, 90, 90))) == 0
    assert detection.threshold([0.1, 0.2, 0.4]) == 0.2
    assert detection.threshold([0.1, 0.6]) == 0.5
    assert detection.threshold([]) == detection.threshold([math.nan]) == 0.5


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"predictions": None}, {"predictions": [[3, 0.9]]},
        {"predictions": [{"class_id": 3, "score": 0.9}]},
        detected((3, math.nan, 0, 0, 1, 1)), detected((3, 0.9, 0, 0, 10**400, 1)),
        {"predictions": [{"label": "cat", "score": 0.9, "box": dict.fromkeys(EDGES, 1)}]},
    ],
)  # fmt: skip
def test_what_has_no_boxes_can_not_be_compared(broken: dict[str, Any]) -> None:
    assert of_answers(detected(CAT), broken) is None
    assert of_answers(broken, detected(CAT)) is None


def test_so_many_boxes_are_not_compared() -> None:
    many = detected(*[CAT] * 200)
    assert of_answers(many, many) is None
    assert of_answers(many, detected(*[CAT] * 50)) == pytest.approx(0.4)
    assert of_answers(detected(CAT), detected(*[CAT] * 1001)) is None


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 4, 4), 1.0),
        ((0, 0, 4, 2), 0.5),
        ((2, 0, 6, 4), 8 / 24),
        ((4, 0, 8, 4), 0.0),  # side by side
        ((1, 1, 1, 1), 0.0),  # without an area
        ((3, 3, 1, 1), 0.0),  # the wrong way round
        ((-1e308, -1e308, 1e308, 1e308), 0.0),
    ],
)
def test_overlap_is_the_intersection_over_the_union(other: Any, expected: float) -> None:
    one = (0, 1.0, 0, 0, 4, 4)
    assert detection.iou(one, (0, 1.0, *other)) == pytest.approx(expected)
    assert detection.iou((0, 1.0, *other), one) == pytest.approx(expected)


def test_the_nearest_are_paired_first() -> None:
    one = [(0, 1.0, 0, 0, 10, 10), (0, 1.0, 0, 0, 10, 9)]
    assert detection.matched(one, [(0, 1.0, 0, 0, 10, 9), (0, 1.0, 0, 0, 10, 5)]) == 2
    assert detection.matched(one, one[:1]) == 1
    assert detection.matched(one, []) == 0


def test_f1_weighs_what_is_missing_and_what_is_too_much_alike() -> None:
    assert detection.f1(2, 4, 2) == detection.f1(2, 2, 4) == pytest.approx(2 / 3)
    assert detection.f1(0, 0, 0) == 1


def with_numpy(one: Any, other: Any) -> int:
    """The pairs of two lists by all overlaps at once, the largest first."""
    first, second = (np.array(each, float).reshape(-1, 6) for each in (one, other))
    near = np.maximum(first[:, None, 2:4], second[:, 2:4])
    far = np.minimum(first[:, None, 4:], second[:, 4:])
    shared = np.clip(far - near, 0, None).prod(2)
    areas = [np.clip(each[:, 4:] - each[:, 2:4], 0, None).prod(1) for each in (first, second)]
    union = areas[0][:, None] + areas[1] - shared
    left = shared / np.where(union > 0, union, 1)
    left[first[:, :1] != second[:, 0]] = 0
    count = 0
    while left.size and left.max() >= 0.5:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row], left[:, column] = -1, -1
        count += 1
    return count


EDGE = st.integers(0, 12)
ROWS = st.lists(st.tuples(st.integers(0, 1), st.just(1.0), EDGE, EDGE, EDGE, EDGE), max_size=12)


@settings(max_examples=200, deadline=None)
@given(ROWS, ROWS)
def test_pairs_are_those_of_all_overlaps_at_once(one: Any, other: Any) -> None:
    assert detection.matched(one, other) == with_numpy(one, other)


def test_people_read_the_first_boxes() -> None:
    assert detection.summary(detected(CAT)) == "1 box: c3 0.90"
    assert detection.summary(detected(*[CAT] * 4)) == "4 boxes: c3 0.90, c3 0.90, c3 0.90, …"
    assert detection.summary(detected()) == "no boxes"
    assert detection.summary({}) == ""
