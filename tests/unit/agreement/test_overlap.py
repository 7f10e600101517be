"""passerelle/agreement/overlap.py: two maps of classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from passerelle.agreement import overlap, png, segmentation
from services.model.tasks import label_map
from tests.unit.agreement import forms


def with_numpy(one: np.ndarray, other: np.ndarray) -> float:
    """The mean IoU by counts of all pixels at once."""
    count = int(max(one.max(), other.max())) + 1
    first, second, both = (
        np.bincount(each.reshape(-1), minlength=count) for each in (one, other, one[one == other])
    )
    either = first + second - both
    return float((both[either > 0] / either[either > 0]).mean())


def grey(pixels: np.ndarray, depth: int) -> png.Grey:
    return png.decode(forms.png(pixels.tolist(), depth))


PAIRS = arrays.arrays(
    np.uint16, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9)),
    elements=st.sampled_from([0, 1, 2, 200, 255]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_runs_and_maps_and_masks_have_numpys_mean(pair: np.ndarray) -> None:
    one, other = pair
    expected = pytest.approx(with_numpy(one, other), abs=1e-12)
    assert overlap.of_runs(label_map.runs(one), label_map.runs(other)) == expected
    for depth, beside in ((8, 8), (16, 16), (8, 16)):
        assert overlap.of_maps(grey(one, depth), grey(other, beside)) == expected
    for depth in (1, 8):
        answers = (forms.segmented(each.tolist(), depth) for each in pair)
        assert segmentation.of_answers(*answers, multi_label=False) == expected


def test_classes_past_255_are_their_own() -> None:
    one, other = np.array([[1, 257, 513]]), np.array([[1, 1, 513]])
    assert overlap.of_maps(grey(one, 16), grey(other, 16)) == pytest.approx((1 / 2 + 0 + 1) / 3)


@pytest.mark.parametrize(("width", "depth"), [(5, 1), (8, 1), (13, 1), (5, 8)])
def test_a_mask_has_a_bit_for_each_pixel(width: int, depth: int) -> None:
    high = 1 if depth == 1 else 255
    pixels = np.zeros((3, width), int)
    pixels[1, :4] = high
    assert overlap.mask(grey(pixels, depth)).bit_count() == 4


def test_a_mask_of_16_bits_is_none() -> None:
    with pytest.raises(png.UnreadableError, match="no mask"):
        overlap.mask(grey(np.zeros((1, 1), int), 16))


def test_the_mean_is_over_the_classes_in_either_map() -> None:
    assert overlap.mean_iou({1: 4}, {1: 4}, {1: 4}) == 1
    assert overlap.mean_iou({"a": 4}, {"b": 4}, {}) == 0
    assert overlap.mean_iou({}, {}, {}) == 1
    assert overlap.of_pairs({(1, 1): 2, (1, 2): 2}) == pytest.approx((1 / 2 + 0) / 2)
