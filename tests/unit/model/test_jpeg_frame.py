"""A JPEG's frame says by what process it was written."""

import io

import pytest
from PIL import Image

from services.model import jpeg_frame


def jpeg(marker: int = 0xC0, bits: int = 8, components: int = 3) -> bytes:
    """A JPEG whose frame was made another."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "lime").save(out, "JPEG", comment=b"\xff\xc3 in a comment")
    data = bytearray(out.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4], data[at + 9] = marker, bits, components
    return bytes(data)


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2])
@pytest.mark.parametrize("components", [1, 3, 4])
def test_what_everybody_writes_is_usual(marker: int, components: int) -> None:
    assert jpeg_frame.unusual(jpeg(marker, components=components)) == ""


@pytest.mark.parametrize(
    ("marker", "bits", "words"),
    [
        (0xC0, 12, "12-bit"),
        (0xC1, 12, "12-bit"),
        (0xC3, 8, "lossless"),
        (0xC3, 16, "16-bit lossless"),
        (0xC5, 8, "hierarchical"),
        (0xC6, 8, "hierarchical"),
        (0xC7, 8, "lossless hierarchical"),
        (0xC9, 8, "arithmetic-coded"),
        (0xCA, 12, "12-bit arithmetic-coded"),
        (0xCB, 8, "lossless arithmetic-coded"),
        (0xDE, 8, "hierarchical"),
        (0xF7, 8, "JPEG-LS"),
    ],
)
def test_what_few_write_has_its_name(marker: int, bits: int, words: str) -> None:
    assert jpeg_frame.unusual(jpeg(marker, bits)) == words


def test_a_number_of_components_that_makes_no_colour_is_unusual() -> None:
    assert jpeg_frame.unusual(jpeg(components=2)) == "2-component"


def test_bytes_between_the_segments_are_passed_over() -> None:
    data = jpeg(0xC3)
    assert jpeg_frame.unusual(data[:2] + b"\xff\xff\x01\0\xff" + data[2:]) == "lossless"


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_a_header_that_ends_says_nothing(cut: int) -> None:
    assert jpeg_frame.unusual(jpeg()[:cut]) == ""


def test_a_header_without_a_frame_says_nothing() -> None:
    assert jpeg_frame.unusual(b"\xff\xd8\xff\xda" + bytes(20)) == ""
    assert jpeg_frame.unusual(b"\xff\xd8" + b"\xff\xe0\0\0" * 20) == ""


def test_scans_are_counted() -> None:
    data = jpeg()
    scan = data[data.index(b"\xff\xda") : -2]
    some = data[:-2] + scan * (jpeg_frame.MAX_SCANS - 1) + data[-2:]
    assert not jpeg_frame.has_too_many_scans(some)
    assert jpeg_frame.has_too_many_scans(some + scan)
