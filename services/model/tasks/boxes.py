"""Boxes: how large they are."""

import numpy as np

from services.model.tensors import Array


def areas(boxes: Array) -> Array:
    """The areas of boxes (n, 4): left, top, right, bottom."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    found: Array = sides.prod(1)
    return found
