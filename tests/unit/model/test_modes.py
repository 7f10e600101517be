"""A decoded picture in the mode that the model's channels ask for."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import Input
from services.model import modes


def shape(channels: int) -> Input:
    return Input((4, 4), 4, "bilinear", (0.5,), (0.5,), channels)


def colour(image: Image.Image, channels: int) -> list[int]:
    """The first pixel, as a model of so many channels is given it."""
    made = modes.converted(image, modes.BY_CHANNELS[channels])
    found: list[int] = modes.pixels(made, shape(channels))[0, 0].tolist()
    return found


def plain(mode: str, value: object) -> Image.Image:
    return Image.new(mode, (4, 4), value)  # type: ignore[arg-type]  # a colour of the mode


@pytest.mark.parametrize(
    ("image", "grey", "rgb", "rgba"),
    [
        (plain("L", 77), [77], [77, 77, 77], [77, 77, 77, 255]),
        (plain("1", 1), [255], [255, 255, 255], [255, 255, 255, 255]),
        (plain("RGB", (255, 0, 0)), [76], [255, 0, 0], [255, 0, 0, 255]),
        (plain("LA", (77, 0)), [255], [255, 255, 255], [0, 0, 0, 0]),
        (plain("RGBA", (255, 0, 0, 255)), [76], [255, 0, 0], [255, 0, 0, 255]),
        (plain("RGBA", (0, 0, 0, 51)), [204], [204, 204, 204], [0, 0, 0, 51]),
        (plain("CMYK", (0, 255, 255, 0)), [76], [255, 0, 0], [255, 0, 0, 255]),
        (plain("I;16", 300 * 200), [234], [234, 234, 234], [234, 234, 234, 255]),
    ],
)
def test_any_mode_becomes_grey_rgb_or_rgba(
    image: Image.Image, grey: list[int], rgb: list[int], rgba: list[int]
) -> None:
    assert (colour(image, 1), colour(image, 3), colour(image, 4)) == (grey, rgb, rgba)


def test_a_transparent_colour_of_a_palette_stays_so_where_there_is_alpha() -> None:
    image = plain("P", 3)
    image.putpalette([10, 20, 30] * 4)
    image.info["transparency"] = 3
    assert colour(image, 4)[3] == 0
    assert colour(image, 1) == [255]


def test_what_can_be_resized_as_it_is_is_known() -> None:
    assert modes.is_in("L", plain("L", 0))
    assert not modes.is_in("RGB", plain("L", 0))
    seen_through = plain("RGB", (0, 0, 0))
    seen_through.info["transparency"] = (0, 0, 0)
    assert not modes.is_in("RGB", seen_through)


def test_pixels_have_an_axis_of_channels() -> None:
    for channels, mode in modes.BY_CHANNELS.items():
        made = modes.pixels(Image.new(mode, (4, 4)), shape(channels))
        assert made.shape == (4, 4, channels)
        assert made.dtype == np.uint8


def test_the_order_of_colours_is_the_models() -> None:
    picture = plain("RGB", (1, 2, 3))
    blue_first = dataclasses.replace(shape(3), order="bgr")
    assert modes.pixels(picture, shape(3))[0, 0].tolist() == [1, 2, 3]
    assert modes.pixels(picture, blue_first)[0, 0].tolist() == [3, 2, 1]
    assert modes.pixels(picture, blue_first).flags.writeable


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_smaller_picture_has_a_border(channels: int) -> None:
    bordered = dataclasses.replace(shape(channels), size=(4, 6), pad=tuple(range(9, 9 + channels)))
    picture = Image.new(modes.BY_CHANNELS[channels], (3, 2), 0)
    made = modes.pixels(picture, bordered, (2, 1))
    assert made.shape == (4, 6, channels)
    inside = np.zeros((4, 6), bool)
    inside[1:3, 2:5] = True
    assert (made[inside] == 0).all()
    assert (made[~inside] == bordered.pad).all()
