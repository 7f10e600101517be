"""The memory that decoding takes, by a header; tests/system/test_decode_memory.py measures it."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import Input
from services.model import decode, decode_memory, formats

SIDE = 1000
MEGAPIXELS = SIDE * SIDE / 1e6
SHAPE = Input((32, 32), 32, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
MARGIN = 6  # megabytes: a band, and what is halfway shrunk


def encoded(mode: str, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (SIDE, SIDE)).save(out, form, **options)
    return out.getvalue()


def needed(data: bytes, draft: int = SIDE, shape: Input = SHAPE) -> float:
    """In megabytes."""
    image = decode.open_image(data, SIDE * SIDE, tuple(formats.NAMES))
    image.draft(None, (draft, draft))
    return decode_memory.needed(image, data, shape) / 1e6


@pytest.mark.parametrize(
    ("mode", "form", "bytes_of_a_pixel"),
    [
        ("1", "PNG", 1),
        ("L", "PNG", 1),
        ("P", "PNG", 1),
        ("I;16", "PNG", 2),
        ("LA", "PNG", 4),
        ("RGB", "PNG", 4),
        ("RGBA", "PNG", 4),
        ("RGB", "JPEG", 4),
        ("CMYK", "JPEG", 4),
        ("RGB", "WEBP", 12),
        ("RGBA", "WEBP", 12),
        ("P", "GIF", 1),
        ("RGB", "BMP", 4),
        ("RGB", "TIFF", 4),
        ("I;16", "TIFF", 2),
        ("RGB", "AVIF", 16),
        ("RGBA", "AVIF", 16),
    ],
)
def test_each_mode_and_format_has_its_bytes_a_pixel(
    mode: str, form: str, bytes_of_a_pixel: int
) -> None:
    least = bytes_of_a_pixel * MEGAPIXELS
    assert least < needed(encoded(mode, form)) < least + MARGIN


def test_a_tiff_takes_a_strip_and_its_turned_copy_too() -> None:
    strip = {278: SIDE}
    least = (4 + 3) * MEGAPIXELS
    assert needed(encoded("RGB", "TIFF", compression="tiff_lzw", tiffinfo=strip)) > least
    turned = strip | {274: 6}
    assert needed(encoded("RGB", "TIFF", compression="tiff_lzw", tiffinfo=turned)) > least + 4


def test_a_bmp_in_runs_is_decoded_in_python() -> None:
    data = bytearray(encoded("P", "BMP"))
    data[30] = 1  # its compression
    assert MEGAPIXELS + 3 < needed(bytes(data)) < MEGAPIXELS + 3 + MARGIN


def test_a_jpeg_that_is_decoded_at_a_fraction_takes_little() -> None:
    assert needed(encoded("RGB", "JPEG"), draft=100) < MARGIN


@pytest.mark.parametrize(("subsampling", "samples"), [("4:4:4", 3), ("4:2:2", 2), ("4:2:0", 1.5)])
def test_a_progressive_jpeg_is_kept_whole_at_whatever_fraction_it_is_decoded(
    subsampling: str, samples: float
) -> None:
    data = encoded("RGB", "JPEG", progressive=True, subsampling=subsampling)
    least = 2 * samples * MEGAPIXELS
    assert least < needed(data, draft=100) < least + MARGIN
    assert least + 4 * MEGAPIXELS < needed(data) < least + 4 * MEGAPIXELS + MARGIN


def test_a_jpeg_with_a_scan_for_each_colour_is_kept_whole() -> None:
    data = bytearray(encoded("RGB", "JPEG", subsampling="4:4:4"))
    scan = data.index(b"\xff\xda")
    assert data[scan + 4] == 3
    data[scan + 4] = 1
    assert needed(bytes(data), draft=100) > 6 * MEGAPIXELS


def test_a_jpeg_with_an_odd_header_counts_as_kept_whole() -> None:
    data = encoded("RGB", "JPEG", subsampling="4:4:4")
    padded = data[:2] + b"\xff" + data[2:]
    assert needed(padded, draft=100) > 6 * MEGAPIXELS


@pytest.mark.parametrize("sampling", [0x00, 0x11, 0x44, 0xFF])
def test_senseless_sampling_is_an_error_of_the_decoder_alone(sampling: int) -> None:
    data = bytearray(encoded("RGB", "JPEG", progressive=True))
    frame = data.index(b"\xff\xc2")
    for colour in range(3):
        data[frame + 11 + 3 * colour] = sampling
    assert needed(bytes(data)) > 4 * MEGAPIXELS


def test_a_frame_without_colours_is_an_error_of_the_decoder_alone() -> None:
    data = encoded("L", "JPEG", progressive=True)
    frame = data.index(b"\xff\xc2")
    assert needed(data[: frame + 2] + b"\0\x08" + data[frame + 4 : frame + 10] + data[frame + 13 :])


def test_a_small_picture_takes_little() -> None:
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "JPEG")
    assert needed(out.getvalue()) < MARGIN


def test_what_is_not_cut_is_halfway_as_wide_as_the_picture() -> None:
    out = io.BytesIO()
    Image.new("RGB", (10_000, 100)).save(out, "PNG")
    whole = dataclasses.replace(SHAPE, size=(1000, 1000), resize=None, fit="squash")
    middle = dataclasses.replace(whole, resize=1000, fit="crop")
    assert needed(out.getvalue(), shape=whole) > 4 + 4 * 10
    assert needed(out.getvalue(), shape=middle) < 4 + 4 * 10


def test_a_large_input_counts() -> None:
    large = dataclasses.replace(SHAPE, size=(4000, 4000), resize=None, fit="letterbox")
    assert needed(encoded("L", "PNG"), shape=large) > 16 * 16


def of_parts(*sizes: tuple[int, int], is_whole: bool = False) -> float:
    """In megabytes, of a picture in RGB."""
    data = encoded("RGB", "PNG")
    image = decode.open_image(data, SIDE * SIDE)
    return decode_memory.of_parts(image, data, SHAPE, sizes, is_whole=is_whole) / 1e6


def test_of_several_parts_the_largest_counts_beside_the_whole_picture() -> None:
    whole = 4 * MEGAPIXELS
    assert whole < of_parts((10, 10)) < of_parts((10, 10), (500, 500)) < whole + MARGIN + 1
    assert of_parts((SIDE, SIDE)) > 2 * whole
    assert of_parts((SIDE, SIDE), is_whole=True) > 2 * whole + 16 * MEGAPIXELS
