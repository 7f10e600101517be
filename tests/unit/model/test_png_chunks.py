"""Texts and profiles in a PNG cost neither memory nor the picture; those that turn it are read."""

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import decode, orientation, png_chunks

SHAPE = Input((32, 32), 32, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
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
    assert (decode.prepare(data, SHAPE, 10_000).pixels == (0, 255, 0)).all()


def test_many_compressed_texts_take_no_memory() -> None:
    info = PngInfo()
    for number in range(16):
        info.add_itxt(f"text {number}", LONG, zip=True)
    data = png(info)
    tracemalloc.start()
    try:
        decode.prepare(data, SHAPE, 10_000)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "turn"),
    [
        (international("XML:com.adobe.xmp", XMP), Image.Transpose.ROTATE_270),
        (international("XML:com.adobe.xmp", XMP, compressed=True), Image.Transpose.ROTATE_270),
        (international("XML:com.adobe.xmp", XMP + " " * png_chunks.MAX_TEXT), None),
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
    assert (decode.prepare(text(keyword, "1"), SHAPE, 10_000).pixels == (0, 255, 0)).all()


def test_a_picture_cut_short_in_a_text_is_broken() -> None:
    data = text("comment", "hello")
    with pytest.raises(problems.UnprocessableContent):
        decode.prepare(data[: data.index(b"hello") + 2], SHAPE, 10_000)


def chunk(name: bytes, content: bytes, checksum: int | None = None) -> bytes:
    found = zlib.crc32(name + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", found)


def with_chunk(extra: bytes, *, last: bool = False) -> bytes:
    """A picture with one more chunk, behind its header or before its end."""
    data = png(PngInfo())
    at = len(data) - END if last else HEADER
    return data[:at] + extra + data[at:]


HEADER, END = 33, 12  # bytes
BOMB = b"\0\0" + zlib.compress(bytes(40 << 20))
EXIF = b"MM\0*\0\0\0\x08\0\0"  # no tags
UNUSUAL = {
    "a large profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(2_000_000))),
    "a profile that is none": chunk(b"iCCP", b"p\0\x05nonsense"),
    "a bomb of a profile": chunk(b"iCCP", b"p" + BOMB),
    "a bomb of a text": chunk(b"zTXt", b"comment" + BOMB),
    "a bomb of EXIF": chunk(b"zTXt", b"Raw profile type exif" + BOMB),
    "EXIF that is none": chunk(b"tEXt", b"Raw profile type exif\0nonsense"),
    "a large XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
    "large EXIF": chunk(b"eXIf", EXIF + bytes(1_000_000)),
    "a large private chunk": chunk(b"abCd", bytes(1_000_000)),
    "many chunks": chunk(b"abCd", b"") * 10_000,
    "a wrong checksum": chunk(b"tIME", b"1234567", checksum=1),
    "a short chunk": chunk(b"pHYs", b"1"),
    "a short transparency": chunk(b"tRNS", b"1"),
    "an animation's control": chunk(b"acTL", b"1"),
    "frames that are none": chunk(b"fcTL", b"1") + chunk(b"fdAT", b"1"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("extra", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_what_a_picture_can_do_without_is_no_fault_of_it(extra: bytes, *, last: bool) -> None:
    tracemalloc.start()
    try:
        pixels = decode.prepare(with_chunk(extra, last=last), SHAPE, 10_000).pixels
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    assert (pixels == (0, 255, 0)).all()


def plain(bits: int, colours: int, value: bytes, transparent: bytes) -> bytes:
    """A PNG of 40 x 40 equal pixels, of which one colour is transparent."""
    header = struct.pack(">IIBBBBB", 40, 40, bits, colours, 0, 0, 0)
    row = b"\0" + value * (40 * bits * (3 if colours == 2 else 1) // (8 * len(value)))
    parts = {b"IHDR": header, b"tRNS": transparent, b"IDAT": zlib.compress(row * 40), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts.items())


@pytest.mark.parametrize(
    ("bits", "colours", "value", "transparent", "other"),
    [
        (1, 0, b"\xff", b"\0\1", b"\0\0"),
        (2, 0, b"\x55", b"\0\1", b"\0\2"),
        (4, 0, b"\x77", b"\0\7", b"\0\6"),
        (8, 0, b"\x77", b"\0\x77", b"\0\x76"),
        (16, 0, b"\x77\1", b"\x77\1", b"\x77\2"),
        (8, 2, b"abc", b"\0a\0b\0c", b"\0a\0b\0d"),
        (16, 2, b"a1b1c1", b"a1b1c1", b"a1b1d1"),
    ],
)
def test_a_transparent_colour_is_white_at_every_depth(
    bits: int, colours: int, value: bytes, transparent: bytes, other: bytes
) -> None:
    assert (
        decode.prepare(plain(bits, colours, value, transparent), SHAPE, 10_000).pixels == 255
    ).all()
    if bits > 1:
        opaque = decode.prepare(plain(bits, colours, value, other), SHAPE, 10_000).pixels
        assert (opaque < 255).all()


def test_a_picture_whose_palette_is_missing_is_broken() -> None:
    with pytest.raises(problems.UnprocessableContent, match="PNG picture is broken"):
        decode.prepare(plain(8, 3, b"\1", b"\0"), SHAPE, 10_000)


def test_an_interlaced_picture_cut_short_is_broken() -> None:
    rows = b"\0" * 5 * 2  # of the first two passes, of seven
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 1),
        b"IDAT": zlib.compress(rows)[:-4],
        b"IEND": b"",
    }
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts.items())
    with pytest.raises(problems.UnprocessableContent, match="PNG picture is broken"):
        decode.prepare(data, SHAPE, 10_000)


def test_what_makes_the_picture_has_its_checksum_looked_at() -> None:
    data = bytearray(with_chunk(b""))
    data[HEADER - 1] ^= 1
    with pytest.raises(problems.UnprocessableContent, match="PNG picture's header is broken"):
        decode.prepare(bytes(data), SHAPE, 10_000)


@pytest.mark.parametrize("cut", [1, 4, 8, 11, 12])
def test_a_picture_without_its_end_is_whole(cut: int) -> None:
    assert (decode.prepare(with_chunk(b"")[:-cut], SHAPE, 10_000).pixels == (0, 255, 0)).all()


@pytest.mark.parametrize("default", [False, True])
def test_an_animation_is_the_picture_that_stands_for_it(*, default: bool) -> None:
    out, frame = io.BytesIO(), Image.new("RGB", (40, 40), "red")
    first = Image.new("RGB", (40, 40), "lime")
    first.save(out, "PNG", save_all=True, append_images=[frame], default_image=default)
    assert (decode.prepare(out.getvalue(), SHAPE, 10_000).pixels == (0, 255, 0)).all()


def test_the_picture_after_a_skipped_text_is_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    plain, commented, info = io.BytesIO(), io.BytesIO(), PngInfo()
    info.add_text("comment", "hello")
    info.add_text("later", "hello", zip=True)
    Image.fromarray(noise).save(plain, "PNG")
    Image.fromarray(noise).save(commented, "PNG", pnginfo=info)
    one, other = (
        decode.prepare(each.getvalue(), SHAPE, 10_000).pixels for each in (plain, commented)
    )
    assert np.array_equal(one, other)
