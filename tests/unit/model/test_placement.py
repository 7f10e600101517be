"""Where a picture lies in a model's input, by each fit, and back."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import placement, resize
from services.model.placement import Placement

LIMIT = 50_000_000
Resize = int | tuple[int, int] | None
SIDES = st.integers(1, 5000)
FITS = st.sampled_from(["crop", "squash", "letterbox"])
SIZES = st.tuples(st.integers(16, 700), st.integers(16, 700))


def shape(size: tuple[int, int], fit: str = "crop", resize: Resize = None) -> Input:
    return Input(size, resize, "bilinear", (0.5,), (0.5,), fit=fit, pad=(114,) * 3)


def boxes(*each: Sequence[float]) -> npt.NDArray[np.float32]:
    return np.array(each, np.float32)


@pytest.mark.parametrize(
    ("picture", "size", "short", "taken"),
    [
        # 341 x 256, of which 58 columns and 16 rows are left out before the middle
        (
            (500, 375),
            (224, 224),
            256,
            (58 * 500 / 341, 16 * 375 / 256, 282 * 500 / 341, 240 * 375 / 256),
        ),
        ((256, 256), (128, 128), 128, (0, 0, 256, 256)),
        ((256, 256), (128, 64), 128, (64, 0, 192, 256)),
        ((400, 200), (50, 50), (100, 100), (100, 50, 300, 150)),
        ((64, 128), (112, 56), None, (4, 8, 60, 120)),  # 128 x 64 just covers it, times 0.875
        ((128, 128), (112, 56), None, (36, 8, 92, 120)),
    ],
)
def test_crop_takes_the_middle(
    picture: tuple[int, int], size: tuple[int, int], short: Resize, taken: resize.Box
) -> None:
    found = placement.of(picture, shape(size, resize=short), LIMIT)
    assert found.filled == (0, 0, size[1], size[0])
    assert found.taken == pytest.approx(taken)


@pytest.mark.parametrize(
    ("picture", "size", "filled"),
    [
        ((1280, 720), (640, 640), (0, 140, 640, 500)),
        ((720, 1280), (640, 640), (140, 0, 500, 640)),
        ((100, 100), (64, 128), (32, 0, 96, 64)),
        ((128, 64), (64, 128), (0, 0, 128, 64)),
        ((5, 3), (16, 16), (0, 3, 16, 13)),  # 9.6 rows are 10
        ((65000, 1), (64, 64), (0, 31, 64, 32)),  # no less than a row
    ],
)
def test_letterbox_puts_all_of_it_in_the_middle(
    picture: tuple[int, int], size: tuple[int, int], filled: resize.Box
) -> None:
    found = placement.of(picture, shape(size, "letterbox"), LIMIT)
    assert found.taken == (0, 0, *picture)
    assert found.filled == filled
    assert found.size == (filled[2] - filled[0], filled[3] - filled[1])
    assert found.corner == filled[:2]


def test_squash_stretches_all_of_it() -> None:
    found = placement.of((500, 375), shape((256, 128), "squash"), LIMIT)
    assert found == Placement((500, 375), (0, 0, 500, 375), (0, 0, 128, 256))


@settings(max_examples=500, deadline=None)
@given(width=SIDES, height=SIDES, size=SIZES, fit=FITS)
def test_what_is_taken_lies_in_the_picture_and_what_is_filled_in_the_input(
    width: int, height: int, size: tuple[int, int], fit: str
) -> None:
    try:
        found = placement.of((width, height), shape(size, fit), LIMIT)
    except problems.ContentTooLarge:
        assert max(width / height, height / width) > 4
        return
    left, top, right, bottom = found.taken
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    left, top, right, bottom = found.filled
    assert 0 <= left < right <= size[1]
    assert 0 <= top < bottom <= size[0]


@settings(max_examples=300, deadline=None)
@given(width=SIDES, height=SIDES, size=SIZES, fit=FITS, at=st.tuples(*[st.floats(0, 1)] * 2))
def test_a_point_of_the_picture_is_found_again(
    width: int, height: int, size: tuple[int, int], fit: str, at: tuple[float, float]
) -> None:
    try:
        where = placement.of((width, height), shape(size, fit), LIMIT)
    except problems.ContentTooLarge:
        return
    (left, top, right, bottom), (x, y, to_x, to_y) = where.taken, where.filled
    point = [left + at[0] * (right - left), top + at[1] * (bottom - top)]
    inside = [x + at[0] * (to_x - x), y + at[1] * (to_y - y)]
    found = where.to_picture(boxes(inside * 2))
    assert found[0] == pytest.approx(point * 2, abs=0.01)


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
    where = Placement((4, 4), (0, 0, 4, 4), (0, 0, 8, 8))
    assert where.to_picture(np.zeros((count, 4), np.float32)).shape == (count, 4)


def test_a_box_is_cut_off_at_the_pictures_edges() -> None:
    where = placement.of((100, 50), shape((64, 64), "letterbox"), LIMIT)
    found = where.to_picture(boxes((0, 0, 64, 64), (0, 16, 64, 48), (-9, 20, 70, 22)))
    assert found.dtype == np.float32
    assert found[:2].tolist() == [[0, 0, 100, 50]] * 2
    assert found[2].tolist() == [0, 6.25, 100, 9.375]


def test_a_picture_that_was_decoded_smaller_keeps_its_own_pixels() -> None:
    where = placement.of((500, 376), shape((64, 64), "letterbox"), LIMIT)
    whole = where.in_original((1999, 1501), 4)
    assert whole.picture == (1999, 1501)
    assert whole.taken == (0, 0, 2000, 1504)
    assert whole.filled == where.filled


@pytest.mark.parametrize("picture", [(1, 65_000), (65_000, 1)])
def test_a_picture_so_thin_that_it_would_grow_is_told(picture: tuple[int, int]) -> None:
    with pytest.raises(problems.ContentTooLarge, match="too long and thin"):
        placement.of(picture, shape((224, 224), resize=256), LIMIT)
    with pytest.raises(problems.ContentTooLarge, match="too long and thin"):
        placement.of(picture, shape((1024, 1024), "squash"), LIMIT)
    placement.of(picture, shape((224, 224), "squash"), LIMIT)
    placement.of(picture, shape((4096, 4096), "letterbox"), LIMIT)


def test_a_small_limit_of_pixels_is_no_reason_to_refuse_what_only_grows() -> None:
    placement.of((1000, 1000), shape((4096, 4096), "squash"), 1_000_000)
    placement.of((1000, 10), shape((2000, 2000), "squash"), 1_000_000)
