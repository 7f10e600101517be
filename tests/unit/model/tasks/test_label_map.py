"""The class of each pixel, in a model's resolution and in a picture's."""

import dataclasses
import io
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.model import placement
from services.model.placement import Placement
from services.model.tasks import label_map
from services.model.tasks.label_map import LabelMap, Labels
from tests.unit.model import artifacts

CORNERS = np.array([[1, 2], [3, 4]], np.uint8)
SQUASHED = Placement((4, 6), (0, 0, 4, 6), (0, 0, 32, 32))


def whole(found: LabelMap) -> list[list[int]]:
    rows: list[list[int]] = found.lines[found.rows].tolist()
    return rows


def labels(size: int = 8) -> Labels:
    return np.random.default_rng(0).integers(0, 5, (size, size)).astype(np.uint8)


def test_a_squashed_picture_has_the_maps_corners_in_its_own() -> None:
    found = LabelMap.of(CORNERS, (32, 32), SQUASHED)
    assert whole(found) == [[1, 1, 2, 2]] * 3 + [[3, 3, 4, 4]] * 3
    assert found.lines.shape == (2, 4)  # none of them twice


def test_a_picture_smaller_than_the_map_has_what_its_pixels_centres_lie_in() -> None:
    found = LabelMap.of(labels(9), (9, 9), Placement((3, 3), (0, 0, 3, 3), (0, 0, 9, 9)))
    assert whole(found) == labels(9)[1::3, 1::3].tolist()


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (640, 427), (3, 1000)])
def test_of_a_letterbox_only_what_the_picture_fills_is_taken(size: tuple[int, int]) -> None:
    shape = artifacts.make_card().input
    where = placement.of(size, dataclasses.replace(shape, fit="letterbox", pad=(114,) * 3), 10**6)
    left, top, right, bottom = (round(edge) for edge in where.filled)
    marked = np.full((32, 32), 9, np.uint8)
    marked[top:bottom, left:right] = 1
    found = LabelMap.of(marked, (32, 32), where)
    assert found.counts() == {1: size[0] * size[1]}
    assert (len(found.rows), found.lines.shape[1]) == (size[1], size[0])


@given(
    length=st.integers(1, 60),
    edges=st.tuples(st.integers(0, 59), st.integers(1, 60)),
    filled=st.tuples(st.integers(0, 30), st.integers(1, 40)),
    border=st.integers(0, 10),
    own=st.integers(1, 90),
)
def test_a_pixel_has_the_one_that_its_centre_lies_in(
    length: int, edges: tuple[int, int], filled: tuple[int, int], border: int, own: int
) -> None:
    start = min(edges[0], length - 1)
    end = min(start + edges[1], length)
    first, last = filled[0], filled[0] + filled[1]
    side = last + border
    found = label_map.places(length, (start, end), (first, last), side, own)
    lowest, highest = floor(Fraction(first * own, side)), -floor(Fraction(-last * own, side)) - 1
    for pixel in range(length):
        centre = Fraction(2 * pixel + 1, 2) - start
        inside = first + centre * (last - first) / (end - start)
        expected = floor(inside * own / side)
        assert found[pixel] == min(max(expected, lowest), highest)


def test_pixels_are_counted_the_largest_class_first_and_of_equals_the_lower_one() -> None:
    marked = np.array([[5, 2, 2], [7, 7, 5]], np.uint8)
    found = LabelMap.of(marked, (3, 2), Placement((6, 4), (0, 0, 6, 4), (0, 0, 3, 2)))
    assert [*found.counts().items()] == [(2, 8), (5, 8), (7, 8)]
    assert [*LabelMap(marked, np.array([0, 0, 1])).counts().items()] == [(2, 4), (5, 3), (7, 2)]


def read(encoded: bytes) -> Labels:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.array(image.convert("L") if image.mode == "1" else image)


def test_masks_and_maps_are_pngs_of_the_pictures_size() -> None:
    picture = Placement((37, 21), (0, 0, 37, 21), (0, 0, 8, 8))
    found = LabelMap.of(labels(), (8, 8), picture)
    expected = np.array(whole(found))
    assert (read(found.encoded(8)) == expected).all()
    assert (read(found.encoded(16)) == expected).all()
    for label in range(5):
        assert (read(found.mask(label)) == np.where(expected == label, 255, 0)).all()


def test_classes_past_a_byte_have_two() -> None:
    found = LabelMap(np.array([[300, 7]], np.uint16), np.array([0]))
    assert read(found.encoded(16)).tolist() == [[300, 7]]


def test_the_strongest_class_of_equals_is_the_lowest() -> None:
    logits = np.array([[[1, 0, 2]], [[1, 3, 1]], [[0, 3, -np.inf]]], np.float32)
    assert label_map.strongest(logits, (3, 1)).tolist() == [[0, 1, 0]]
    assert label_map.strongest(np.zeros((300, 1, 2), np.float32), (2, 1)).dtype == np.uint16


def test_a_map_as_fine_as_the_input_or_finer_stays_as_it_is() -> None:
    values = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    for size in ((9, 6), (8, 6), (20, 5)):
        assert label_map.enlarged(values, size) is values


def test_a_class_that_is_masked_stays_so_when_its_map_is_enlarged() -> None:
    logits = np.array([[[-np.inf, 1]], [[0, 0]]], np.float32)
    assert label_map.strongest(logits, (4, 2)).tolist() == [[1, 1, 1, 0]] * 2


@pytest.mark.torch
@pytest.mark.parametrize("size", [(9, 12), (36, 6), (10, 7), (64, 64)])
def test_a_coarse_map_is_enlarged_as_torch_does_it(size: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], size[::-1], mode="bilinear", align_corners=False
    )
    assert np.allclose(label_map.enlarged(values, size), expected[0, 0].numpy(), atol=1e-6)


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=5))
def test_runs_make_the_same_map_again(rows: list[list[int]]) -> None:
    given_map = np.array(rows, np.uint8)
    where = Placement((9, 9), (0, 0, 9, 9), (0, 0, 4, len(rows)))
    found = label_map.part(given_map, (4, len(rows)), where)
    assert label_map.of_part(found).tolist() == rows
    assert sum(found["runs"][1::2]) == given_map.size
    assert (np.diff(found["runs"][::2]) != 0).all()


def test_runs_go_on_over_the_ends_of_rows() -> None:
    assert label_map.runs(np.array([[1, 2], [2, 2]], np.uint8)) == [1, 1, 2, 3]


@pytest.mark.parametrize("filled", [(0, 0, 32, 32), (0, 8, 32, 24), (5, 0, 27, 32)])
@pytest.mark.parametrize("own", [8, 32, 50])
def test_a_part_becomes_what_the_answer_has(filled: tuple[int, ...], own: int) -> None:
    left, top, right, bottom = filled
    where = Placement((61, 43), (0, 0, 61, 43), (left, top, right, bottom))
    found = label_map.part(labels(own), (32, 32), where)
    answered = LabelMap.of(labels(own), (32, 32), where)
    assert label_map.in_picture(found, (61, 43)).tolist() == whole(answered)


def test_a_part_of_a_picture_s_middle_becomes_what_the_answer_has() -> None:
    """What lies beside it is as the nearest pixel that was taken."""
    where = Placement((61, 43), (9, 0, 52, 43), (0, 0, 32, 32))
    found = label_map.part(labels(32), (32, 32), where)
    answered = LabelMap.of(labels(32), (32, 32), where)
    assert label_map.in_picture(found, (61, 43)).tolist() == whole(answered)
