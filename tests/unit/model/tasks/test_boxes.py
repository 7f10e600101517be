"""Boxes and their areas."""

import numpy as np

from services.model.tasks import boxes


def test_an_area_is_a_width_by_a_height() -> None:
    given = np.array([[0, 0, 4, 2], [1, 1, 1, 1], [3, 3, 1, 1]], np.float32)
    assert boxes.areas(given).tolist() == [8, 0, 0]
    assert boxes.areas(given[:0]).tolist() == []
