"""A part of a picture, resized: by cykooz_resizer where there is one, and by Pillow."""

import numpy as np
import pytest
from PIL import Image

from services.model import resize

BY = pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])


def gradient(width: int, height: int) -> Image.Image:
    """A picture that is brighter to the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return Image.fromarray(np.repeat(row[None, :, None], height, 0).repeat(3, 2))


@BY
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_the_box_fills_the_square(
    cykooz: object, interpolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resize, "cykooz", cykooz)
    image = Image.new("RGB", (60, 40), "black")
    image.paste("white", (20, 10, 40, 30))
    pixels = np.asarray(resize.crop(image, (20, 10, 40, 30), 16, interpolation))
    assert pixels.shape == (16, 16, 3)
    assert pixels[4:12, 4:12].min() == 255


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_both_ways_give_the_same_but_for_a_rounding(
    interpolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = (3.5, 0.25, 90.75, 60.0)
    one = np.asarray(resize.crop(gradient(100, 70), box, 24, interpolation)).astype(int)
    monkeypatch.setattr(resize, "cykooz", None)
    other = np.asarray(resize.crop(gradient(100, 70), box, 24, interpolation)).astype(int)
    assert np.abs(one - other).max() <= 2
