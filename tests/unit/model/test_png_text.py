"""Texts in a PNG cost neither memory nor the picture; those that turn it are read."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import decode, orientation, png_text

SHAPE = Input(32, 32, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
XMP = '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
LONG = "\N{GRINNING FACE}" + "x" * (1 << 20)  # compressed 1 kB, read 4 MiB


def png(info: PngInfo) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "lime").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def text(keyword: str, value: str, *, compressed: bool = False) -> bytes:
    info = PngInfo()
    info.add_text(keyword, value, zip=compressed)
    return png(info)


def international(keyword: str, value: str, *, compressed: bool = False) -> bytes:
    info = PngInfo()
    info.add_itxt(keyword, value, zip=compressed)
    return png(info)


@pytest.mark.parametrize("write", [text, international])
@pytest.mark.parametrize("compressed", [False, True])
def test_megabytes_of_text_are_no_fault_of_the_picture(write: Any, *, compressed: bool) -> None:
    data = write("workflow", "x" * 2_000_000, compressed=compressed)
    assert (decode.pixels(data, SHAPE, 10_000) == (0, 255, 0)).all()


def test_many_compressed_texts_take_no_memory() -> None:
    info = PngInfo()
    for number in range(16):
        info.add_itxt(f"text {number}", LONG, zip=True)
    data = png(info)
    tracemalloc.start()
    try:
        decode.pixels(data, SHAPE, 10_000)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "turn"),
    [
        (international("XML:com.adobe.xmp", XMP), Image.Transpose.ROTATE_270),
        (international("XML:com.adobe.xmp", XMP, compressed=True), Image.Transpose.ROTATE_270),
        (international("XML:com.adobe.xmp", XMP + " " * png_text.MAX_LENGTH), None),
        (international("Description", XMP), None),
    ],
)
def test_a_text_that_turns_the_picture_is_read(data: bytes, turn: orientation.Turn) -> None:
    assert orientation.turn_of(decode.open_image(data, 10_000)) == turn


def test_a_raw_profile_turns_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    data = text("Raw profile type exif", f"\nexif\n{len(profile)}\n{profile.hex()}\n")
    image = decode.open_image(data, 10_000)
    assert orientation.turn_of(image) == Image.Transpose.ROTATE_270


@pytest.mark.parametrize("keyword", ["transparency", "interlace"])
def test_a_text_is_not_taken_for_a_property_of_the_picture(keyword: str) -> None:
    assert (decode.pixels(text(keyword, "1"), SHAPE, 10_000) == (0, 255, 0)).all()


def test_a_picture_cut_short_in_a_text_is_broken() -> None:
    data = text("comment", "hello")
    with pytest.raises(problems.UnprocessableContent):
        decode.pixels(data[: data.index(b"hello") + 2], SHAPE, 10_000)


def test_the_checksum_of_a_skipped_text_is_looked_at() -> None:
    data = text("comment", "hello").replace(b"hello", b"jello")
    with pytest.raises(problems.UnsupportedMediaType):
        decode.pixels(data, SHAPE, 10_000)


def test_the_picture_after_a_skipped_text_is_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    plain, commented, info = io.BytesIO(), io.BytesIO(), PngInfo()
    info.add_text("comment", "hello")
    info.add_text("later", "hello", zip=True)
    Image.fromarray(noise).save(plain, "PNG")
    Image.fromarray(noise).save(commented, "PNG", pnginfo=info)
    one, other = (decode.pixels(each.getvalue(), SHAPE, 10_000) for each in (plain, commented))
    assert np.array_equal(one, other)
