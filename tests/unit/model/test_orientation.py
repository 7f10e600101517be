"""Pictures are turned as their EXIF orientation says, whole or in parts."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from services.model import decode, orientation

STORED = Image.fromarray(np.arange(7 * 5, dtype=np.uint8).reshape(5, 7))
PARTS = [(0, 0, 2, 1), (1, 2, 4, 4), (4, 3, 5, 5), (0, 0, 5, 5), (2, 0, 3, 5), (0, 1, 5, 2)]


@pytest.mark.parametrize("turn", [None, *orientation.TURNS.values()])
def test_a_part_is_that_of_the_turned_picture(turn: orientation.Turn) -> None:
    whole = orientation.upright(STORED, turn)
    assert orientation.upright_size(STORED.size, turn) == whole.size
    for part in PARTS:
        given = orientation.upright_part(STORED, turn, part)
        assert np.array_equal(np.asarray(given), np.asarray(whole.crop(part)))


@pytest.mark.parametrize(("tag", "turn"), [(1, None), (9, None), *orientation.TURNS.items()])
def test_the_tag_says_how_to_turn(tag: int, turn: orientation.Turn) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = tag
    STORED.save(out, "PNG", exif=exif)
    assert orientation.turn_of(Image.open(out)) == turn


def values(count: int) -> bytes:
    """EXIF whose orientation has so many values, and whose resolution takes as many bytes."""
    entries = struct.pack("<HHLL", 0x0112, 3, count, 50)
    entries += struct.pack("<HHLL", 0x011A, 5, count // 4, 50 + 2 * count)
    entries += struct.pack("<HHLL", 0x0128, 3, 1, 2)
    return b"Exif\0\0II*\0\x08\0\0\0\3\0" + entries + bytes(4) + b"\1\x7f" * 2 * count


def jpeg(exif: bytes) -> bytes:
    """A JPEG without a resolution of its own, for which Pillow would look into the EXIF."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "JPEG")
    parts = [exif[begin : begin + 65_000] for begin in range(6, len(exif), 65_000)]
    segments = [b"\xff\xe1" + struct.pack(">H", len(each) + 8) + exif[:6] + each for each in parts]
    return b"\xff\xd8" + b"".join(segments) + out.getvalue()[20:]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_of_millions_of_values_takes_no_memory(form: str) -> None:
    exif, out = values(1_000_000), io.BytesIO()
    if form == "JPEG":
        out.write(jpeg(exif))
    else:
        STORED.save(out, form, exif=exif)
    data = out.getvalue()
    assert len(data) > 4_000_000
    tracemalloc.start()
    try:
        assert orientation.turn_of(decode.open_image(data, 1000)) is None
        assert tracemalloc.get_traced_memory()[1] < 20 << 20  # a value would be 36 bytes
    finally:
        tracemalloc.stop()


def test_exif_as_large_as_cameras_write_it_is_looked_at() -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x927C] = 6, bytes(900_000)
    STORED.save(out, "PNG", exif=exif)
    assert orientation.turn_of(decode.open_image(out.getvalue(), 1000)) is not None


def test_a_tiff_is_turned_by_pillow() -> None:
    out = io.BytesIO()
    STORED.save(out, "TIFF", tiffinfo={274: 6})
    assert orientation.turn_of(Image.open(out)) is None


def test_a_picture_without_the_tag_is_upright() -> None:
    assert orientation.turn_of(STORED) is None


def test_a_picture_whose_tag_can_not_be_read_is_upright() -> None:
    image = STORED.copy()
    image.info["exif"] = b"Exif\0\0nonsense"
    assert orientation.turn_of(image) is None
