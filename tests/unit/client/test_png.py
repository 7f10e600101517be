"""passerelle/client/png.py: files that Pillow reads as the same pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from passerelle.client import png

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (5, 1), (33, 64)])
def test_the_pixels_are_those_of_the_array(height: int, width: int, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    image = Image.open(io.BytesIO(png.encode(pixels)))
    assert (image.format, image.mode, image.size) == ("PNG", MODES[channels], (width, height))
    assert np.array_equal(np.asarray(image).reshape(pixels.shape), pixels)


def test_the_array_stays_as_it_was_and_may_be_a_view() -> None:
    pixels = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)
    before = pixels.copy()
    turned = png.encode(pixels[::-1, :, ::-1])
    assert np.array_equal(pixels, before)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(turned))), pixels[::-1, :, ::-1])


def test_a_plain_picture_is_small() -> None:
    assert len(png.encode(np.full((500, 500, 3), 7, np.uint8))) < 10_000
