"""A part of a picture, resized: by cykooz_resizer where there is one, and by Pillow."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.model import resize

BY = pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])


def gradient(width: int, height: int) -> Image.Image:
    """A picture that is brighter to the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return Image.fromarray(np.repeat(row[None, :, None], height, 0).repeat(3, 2))


@BY
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_the_box_fills_the_size(
    cykooz: object, interpolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resize, "cykooz", cykooz)
    image = Image.new("RGB", (60, 40), "black")
    image.paste("white", (20, 10, 40, 30))
    pixels = np.asarray(resize.crop(image, (20, 10, 40, 30), (16, 24), interpolation))
    assert pixels.shape == (24, 16, 3)
    assert pixels[6:18, 4:12].min() == 255


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_both_ways_give_the_same_but_for_a_rounding(
    interpolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = (3.5, 0.25, 90.75, 60.0)
    one = np.asarray(resize.crop(gradient(100, 70), box, (24, 16), interpolation)).astype(int)
    monkeypatch.setattr(resize, "cykooz", None)
    other = np.asarray(resize.crop(gradient(100, 70), box, (24, 16), interpolation)).astype(int)
    assert np.abs(one - other).max() <= 2


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    )


SIDES = st.integers(1, 90)
SIZES = st.sampled_from([8, 17, 32])


@BY
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBa"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@settings(max_examples=30, deadline=None)
@given(
    width=SIDES,
    height=SIDES,
    size=st.tuples(SIZES, SIZES),
    edges=st.tuples(*[st.floats(0, 0.3)] * 4),
    band=SIDES,
)
def test_bands_give_the_same_as_the_whole_picture(
    cykooz: object,
    interpolation: str,
    mode: str,
    width: int,
    height: int,
    size: resize.Size,
    edges: tuple[float, float, float, float],
    band: int,
) -> None:
    image = noise(width, height).convert("RGBA").convert(mode)
    left, top, right, bottom = edges
    box = (left * width, top * height, width - right * width, height - bottom * height)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resize, "cykooz", cykooz)
        whole = resize.crop(image, box, size, interpolation)
        patch.setattr(resize, "BAND_PIXELS", band * height)
        bands = resize.crop_in_bands(image.size, image.crop, box, size, interpolation)
    assert np.array_equal(np.asarray(bands), np.asarray(whole))


@pytest.mark.parametrize("shape", [(40_000, 30), (30, 40_000)])
def test_of_a_long_picture_only_what_is_looked_at_is_asked_for(shape: resize.Size) -> None:
    """The strip between the two axes would be as long as the picture."""
    asked: list[resize.Box] = []

    def part(box: resize.Box) -> Image.Image:
        asked.append(box)
        return Image.new("RGB", (int(box[2] - box[0]), int(box[3] - box[1])))

    middle = (shape[0] / 2 - 15, shape[1] / 2 - 15, shape[0] / 2 + 15, shape[1] / 2 + 15)
    resize.crop_in_bands(shape, part, middle, (32, 32), "bicubic")
    assert max(right for _, _, right, _ in asked) - min(left for left, _, _, _ in asked) <= 40


@pytest.mark.parametrize(
    ("side", "size", "resized"), [(38, 299, 342), (266, 299, 342), (8, 17, 24)]
)
def test_a_small_picture_is_enlarged_without_a_look_outside_of_it(
    side: int, size: int, resized: int
) -> None:
    """cykooz_resizer by itself reads far outside here, which ended the process."""
    first = round((resized - size) / 2)
    edges = first * side / resized, (first + size) * side / resized
    enlarge = functools.partial(resize.crop, size=(size, size), interpolation="bicubic")
    square = np.asarray(enlarge(gradient(side, side), (edges[0], edges[0], edges[1], edges[1])))
    assert (np.diff(square.astype(int), axis=1) >= -1).all()
