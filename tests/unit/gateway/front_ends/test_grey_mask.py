"""Masks of one bit a pixel become those of eight."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from gateway.front_ends import grey_mask
from services.model.tasks import png


def made(pixels: npt.NDArray[np.bool_]) -> bytes:
    """A mask as our services write it: enlarged from these pixels, each twice as high."""
    lines = np.packbits(pixels, axis=1)
    return png.encode(lines, np.repeat(np.arange(len(lines)), 2), pixels.shape[1], 1)


def written(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


@pytest.mark.parametrize("width", [1, 7, 8, 9, 64, 101])
def test_each_pixel_is_a_byte(width: int) -> None:
    pixels = np.random.default_rng(width).random((5, width)) < 0.5
    image = Image.open(io.BytesIO(grey_mask.from_bits(made(pixels))))
    assert (image.mode, image.size) == ("L", (width, 10))
    assert (np.asarray(image) == np.repeat(pixels, 2, axis=0) * 255).all()


def test_a_mask_that_is_all_or_nothing_stays_so() -> None:
    for value in (False, True):
        image = Image.open(io.BytesIO(grey_mask.from_bits(made(np.full((3, 20), value)))))
        assert (np.asarray(image) == 255 * value).all()


def test_a_large_mask_stays_small() -> None:
    pixels = np.zeros((300, 4000), bool)
    pixels[100:200, 1000:3000] = True
    assert len(grey_mask.from_bits(made(pixels))) < 100_000


GOOD = made(np.eye(8, dtype=bool))


def with_header(*fields: int) -> bytes:
    """A mask that says something else of itself."""
    header = struct.pack(">IIBBBBB", *fields)
    body = (
        struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )
    return GOOD[:8] + body + GOOD[8 + 25 :]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no picture", GOOD[:8], GOOD[:20], GOOD[:-16], GOOD[:50],
        written(Image.new("L", (8, 8))), written(Image.new("RGB", (8, 8))),
        written(Image.linear_gradient("L").convert("1")),  # by filters that ours haven't
        with_header(8, 17, 1, 0, 0, 0, 0), with_header(8, 15, 1, 0, 0, 0, 0),
        with_header(0, 0, 1, 0, 0, 0, 0), with_header(2**31 - 1, 2**31 - 1, 1, 0, 0, 0, 0),
        with_header(8, 16, 1, 0, 0, 0, 1),
    ],
)  # fmt: skip
def test_what_is_no_mask_of_ours_stays_as_it_is(content: bytes) -> None:
    assert grey_mask.from_bits(content) == content
