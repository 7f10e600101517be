"""passerelle/client/pictures.py: a picture as callers have it, and what is none."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.client import errors, pictures

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
ORIENTATION = 0x0112  # EXIF's tag


def decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("given", [b"a file", bytearray(b"a file"), memoryview(b"a file")])
def test_bytes_are_sent_as_they_are(given: bytes | bytearray | memoryview) -> None:
    assert pictures.content(given) == b"a file"


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"a file")
    assert pictures.content(tmp_path / "cat.jpg") == b"a file"
    with pytest.raises(errors.InvalidRequest, match=r"none\.jpg can't be read: No such file"):
        pictures.content(tmp_path / "none.jpg")
    with pytest.raises(errors.InvalidRequest, match="can't be read: Is a directory"):
        pictures.content(tmp_path)


@pytest.mark.parametrize("array", [PIXELS, PIXELS[..., 0], PIXELS[..., :1], PIXELS[::2, ::-1]])
def test_an_array_is_sent_as_its_pixels(array: np.ndarray[Any, Any]) -> None:
    found = np.asarray(decoded(pictures.content(array)))
    assert np.array_equal(found, array.squeeze(-1) if array.shape[-1] == 1 else array)


def test_an_array_with_alpha_keeps_it() -> None:
    array = np.dstack([PIXELS, np.full((4, 6), 128, np.uint8)])
    image = decoded(pictures.content(array))
    assert image.mode == "RGBA"
    assert np.array_equal(np.asarray(image), array)


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (PIXELS.transpose(2, 0, 1), r"\(3, 4, 6\) of uint8"),  # the channels first
        (PIXELS.astype(np.float32), r"\(4, 6, 3\) of float32"),
        (np.full((4, 6, 3), np.nan), r"\(4, 6, 3\) of float64"),
        (PIXELS[None], r"\(1, 4, 6, 3\) of uint8"),  # a batch
        (PIXELS[..., :2], r"\(4, 6, 2\) of uint8"),
        (PIXELS[:0], r"\(0, 6, 3\) of uint8"),
        (PIXELS[0, 0, 0], r"\(\) of uint8"),
        (PIXELS.astype(np.uint16), "of uint16"),
        (PIXELS > 128, "of bool"),
        (PIXELS.astype(object), "of object"),
    ],
)
def test_an_array_that_is_no_picture_is_told(array: Any, shown: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=f"RGBA of uint8; this is .*{shown}"):
        pictures.content(np.asarray(array))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_an_image_keeps_its_mode(mode: str) -> None:
    image = Image.new(mode, (6, 4))
    assert decoded(pictures.content(image)).mode == mode


@pytest.mark.parametrize(
    ("mode", "sent"),
    [("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("LAB", "RGB"), ("RGBa", "RGBA"),
     ("La", "LA"), ("PA", "RGBA")],
)  # fmt: skip
def test_an_image_that_no_png_can_hold_is_converted(mode: str, sent: str) -> None:
    assert decoded(pictures.content(Image.new(mode, (6, 4)))).mode == sent


def test_an_image_is_turned_as_its_exif_says_and_sends_nothing_beside_its_pixels() -> None:
    image = Image.fromarray(PIXELS)
    image.getexif()[ORIENTATION] = 6  # a quarter to the right
    image.info["icc_profile"] = b"a profile"
    found = decoded(pictures.content(image))
    assert np.array_equal(np.asarray(found), np.rot90(PIXELS, -1))
    assert not found.getexif()
    assert "icc_profile" not in found.info


def test_an_image_of_reals_is_told_since_its_range_is_unknown() -> None:
    with pytest.raises(errors.InvalidRequest, match="mode F has no darkest"):
        pictures.content(Image.new("F", (6, 4)))


def test_an_image_whose_file_is_cut_short_is_told() -> None:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(file, "PNG")
    image = decoded(file.getvalue()[:900])
    with pytest.raises(errors.InvalidRequest, match="The image can't be sent as a PNG"):
        pictures.content(image)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("cat.jpg", r"not as str\. Write Path\('cat\.jpg'\)"),
        (io.BytesIO(b"x"), "not as BytesIO"),
        ([1, 2], "not as list"),
        (None, "not as NoneType"),
    ],
)
def test_what_is_no_picture_is_told(given: Any, hint: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=hint):
        pictures.content(given)
