"""Overlaps of boxes, and pairs of them."""

import numpy as np
import pytest

from services.model.tasks import boxes

ONE = np.array([[0, 0, 4, 4]], np.float32)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([0, 0, 4, 4], 1.0),
        ([0, 0, 4, 2], 0.5),
        ([2, 0, 6, 4], 8 / 24),
        ([4, 0, 8, 4], 0.0),  # side by side
        ([1, 1, 1, 1], 0.0),  # without an area
        ([3, 3, 1, 1], 0.0),  # the wrong way round
    ],
)
def test_overlap_is_the_intersection_over_the_union(other: list[int], expected: float) -> None:
    assert boxes.ious(ONE, np.array([other], np.float32)) == pytest.approx(np.array([[expected]]))


def test_each_of_one_list_is_compared_with_each_of_the_other() -> None:
    others = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [9, 9, 10, 10]], np.float32)
    assert boxes.ious(others, ONE)[:, 0] == pytest.approx([1, 0.5, 0])
    assert boxes.ious(ONE, others[:0]).shape == (1, 0)


def test_two_boxes_without_an_area_do_not_overlap() -> None:
    empty = np.zeros((1, 4), np.float32)
    assert boxes.ious(empty, empty).tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("overlaps", "expected"),
    [
        ([[0.9, 0.6], [0.8, 0.1]], 1),  # the nearest two first, which leaves the others alone
        ([[0.6, 0.9], [0.8, 0.1]], 2),
        ([[0.5]], 1),
        ([[0.49]], 0),
        ([[0.9, 0.9]], 1),  # one box in one pair
    ],
)
def test_each_box_is_in_one_pair_at_most(overlaps: list[list[float]], expected: int) -> None:
    assert boxes.matched(np.array(overlaps), 0.5) == expected


def test_pairs_of_nothing_are_none() -> None:
    assert boxes.matched(np.zeros((0, 3)), 0.5) == 0


def test_f1_weighs_what_is_missing_and_what_is_too_much_alike() -> None:
    assert boxes.f1(2, 4, 2) == boxes.f1(2, 2, 4) == pytest.approx(2 / 3)
    assert boxes.f1(0, 0, 0) == 1
    assert boxes.f1(0, 3, 0) == 0
