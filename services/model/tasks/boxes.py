"""Boxes beside each other: how far they overlap, and which of two lists are the same."""

import numpy as np

from services.model.tensors import Array


def areas(boxes: Array) -> Array:
    """The areas of boxes (n, 4): left, top, right, bottom."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    found: Array = sides.prod(1)
    return found


def ious(one: Array, other: Array) -> Array:
    """Intersection over union, 0..1, of each box of one list (n, 4) and each of another (m, 4)."""
    near = np.maximum(one[:, np.newaxis, :2], other[:, :2])
    far = np.minimum(one[:, np.newaxis, 2:], other[:, 2:])
    shared = np.clip(far - near, 0, None).prod(2)
    union = areas(one)[:, np.newaxis] + areas(other) - shared
    found: Array = shared / np.where(union > 0, union, 1)
    return found


def matched(overlaps: Array, least: float) -> int:
    """How many pairs of two lists can be made, each box in one pair at most.

    `overlaps` (n, m) says how far each two overlap; the nearest are paired first, down to `least`.
    """
    left, count = overlaps.copy(), 0
    while left.size and left.max() >= least:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row], left[:, column] = -1, -1
        count += 1
    return count


def f1(found: int, expected: int, given: int) -> float:
    """The harmonic mean of precision and recall of `found` pairs; 1 where both lists are empty."""
    return 2 * found / (expected + given) if expected + given else 1.0
