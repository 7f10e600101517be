"""Where a picture lies in a model's input."""

import numpy as np
import pytest

from services.model.placement import Placement


def test_a_box_of_the_input_is_found_in_the_picture() -> None:
    cropped = Placement((200, 100), (50, 0, 150, 100), (0, 0, 50, 50))
    assert cropped.to_picture(np.array([[10, 20, 30, 40]], np.float32)).tolist() == [
        [70, 40, 110, 80]
    ]


def test_a_border_is_no_part_of_it() -> None:
    bordered = Placement((200, 100), (0, 0, 200, 100), (0, 25, 100, 75))
    found = bordered.to_picture(np.array([[0, 0, 100, 100], [10, 30, 20, 40]], np.float32))
    assert found.tolist() == [[0, 0, 200, 100], [20, 10, 40, 30]]


@pytest.mark.parametrize("count", [0, 3])
def test_as_many_come_back(count: int) -> None:
    placement = Placement((4, 4), (0, 0, 4, 4), (0, 0, 8, 8))
    assert placement.to_picture(np.zeros((count, 4), np.float32)).shape == (count, 4)
