"""TIFF pictures are read where their values have one meaning, and their directory makes sense."""

import contextlib
import io
import struct
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import decode, tiff

SHAPE = Input((32, 32), 32, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
LIMIT = 1_000_000
GREEN = (0, 255, 0)


def tiff_of(image: Image.Image, tags: dict[int, Any] | None = None, **options: Any) -> bytes:
    """A TIFF; `tags` are added to those that it needs, or replace them."""
    out = io.BytesIO()
    image.save(out, "TIFF", tiffinfo=tags or {}, **options)
    return out.getvalue()


def written(tags: Mapping[int, tuple[int, ...]], values: bytes = bytes(4800)) -> bytes:
    """A TIFF of 40 x 40 pixels, 8 bits a colour, with these tags, all of them LONG."""
    known: dict[int, tuple[int, ...]] = {
        256: (40,),
        257: (40,),
        258: (8, 8, 8),
        262: (2,),
        277: (3,),
        273: (8,),
    }
    known |= tags
    entries, beside, at = b"", b"", 8 + len(values)
    end = at + 2 + 12 * len(known) + 4
    for tag, each in sorted(known.items()):
        packed = struct.pack(f"<{len(each)}L", *each)
        place = packed if len(each) == 1 else struct.pack("<L", end + len(beside))
        entries += struct.pack("<HHL", tag, 4, len(each)) + place
        beside += packed if len(each) > 1 else b""
    head = struct.pack("<2sHL", b"II", 42, at) + values
    return head + struct.pack("<H", len(known)) + entries + bytes(4) + beside


def pixels(encoded: bytes) -> decode.Pixels:
    return decode.prepare(encoded, SHAPE, LIMIT, readable=("tiff",)).pixels


def lime(mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", (40, 40), "lime").convert(mode)


def opened(encoded: bytes) -> TiffImagePlugin.TiffImageFile:
    image = decode.open_image(encoded, LIMIT, ("tiff",))
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    return image


@pytest.mark.parametrize(
    "compression",
    ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd"],
)
def test_every_compression_is_read(compression: str) -> None:
    found = pixels(tiff_of(lime(), compression=compression))
    assert np.abs(found.astype(int) - GREEN).max() <= 2


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK"])
def test_every_mode_is_read(mode: str) -> None:
    assert (pixels(tiff_of(lime(mode), compression="tiff_lzw")) == GREEN).all()


def test_colours_multiplied_by_alpha_are_read() -> None:
    grey = Image.new("LA", (40, 40), (100, 255))
    premultiplied = tiff_of(grey).replace(
        struct.pack("<HHLH", 338, 3, 1, 2), struct.pack("<HHLH", 338, 3, 1, 1)
    )
    assert opened(premultiplied).mode == "La"
    assert (pixels(premultiplied) == 100).all()


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bits_are_scaled_to_8(order: str) -> None:
    image = Image.fromarray(np.full((40, 40), 200 * 256 + 7, order))
    assert (pixels(tiff_of(image)) == 200).all()


def test_a_bilevel_fax_is_read() -> None:
    assert (pixels(tiff_of(Image.new("1", (40, 40), 1), compression="group4")) == 255).all()


def test_the_first_of_several_pages_is_read() -> None:
    red = Image.new("RGB", (40, 40), "red")
    assert (pixels(tiff_of(lime(), save_all=True, append_images=[red])) == GREEN).all()


def test_a_big_tiff_is_read() -> None:
    assert (pixels(tiff_of(lime(), big_tiff=True)) == GREEN).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_turned_picture_is_set_upright_once(orientation: int, compression: str) -> None:
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:8, :16] = 255
    undo: dict[int, Callable[..., Any]] = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2), 6: np.rot90,
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    encoded = tiff_of(stored, {274: orientation}, compression=compression)
    assert (pixels(encoded) == upright).all()


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (tiff_of(Image.new("F", (40, 40), 0.5)), "signed or floating-point values"),
        (tiff_of(Image.new("I", (40, 40), 500)), "signed or floating-point values"),
        (tiff_of(Image.new("LAB", (40, 40))), "CIELAB"),
        (written({262: (6,)}), "thinned out YCbCr"),
        (tiff_of(lime(), {254: 1}), "a reduced copy"),
        (tiff_of(Image.new("I;16", (40, 40)), {262: 0}), "16-bit values of which 0 is white"),
    ],
)
def test_values_without_one_meaning_are_told(encoded: bytes, reason: str) -> None:
    with pytest.raises(problems.UnsupportedMediaType, match=f"a TIFF picture with {reason}"):
        pixels(encoded)


def test_ycbcr_that_is_whole_is_read() -> None:
    black = bytes((0, 128, 128)) * 1600
    assert (pixels(written({262: (6,), 530: (1, 1)}, black)) <= 1).all()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_cut_short_is_told() -> None:
    whole = tiff_of(Image.effect_noise((200, 200), 50), compression="tiff_lzw")
    for share in (0.02, 0.3, 0.9):
        with pytest.raises(problems.UnprocessableContent):
            pixels(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("kind", range(14))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
@pytest.mark.filterwarnings("ignore")
def test_a_tag_whose_values_are_of_another_type_is_no_unforeseen_error(
    compression: str, kind: int
) -> None:
    whole = tiff_of(Image.new("RGB", (40, 40)), compression=compression)
    (first,) = struct.unpack_from("<L", whole, 4)
    (count,) = struct.unpack_from("<H", whole, first)
    for number in range(count):
        odd = bytearray(whole)
        struct.pack_into("<H", odd, first + 2 + 12 * number + 2, kind)
        with contextlib.suppress(problems.UnprocessableContent, problems.UnsupportedMediaType):
            pixels(bytes(odd))


def directory(*entries: tuple[int, int, int], order: str = "<", big: bool = False) -> bytes:
    """A TIFF of nothing but a directory; each entry is a tag, a type and a number of values."""
    mark = {"<": b"II", ">": b"MM"}[order]
    if big:
        head = mark + struct.pack(f"{order}HHHQQ", 43, 8, 0, 16, len(entries))
        return head + b"".join(struct.pack(f"{order}HHQQ", *each, 0) for each in entries)
    head = mark + struct.pack(f"{order}HLH", 42, 8, len(entries))
    return head + b"".join(struct.pack(f"{order}HHLL", *each, 0) for each in entries)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_directory_of_too_many_values_is_refused_before_it_is_read(
    order: str, *, big: bool
) -> None:
    few = directory((273, 4, tiff.MAX_VALUES), (270, 2, 1 << 30), order=order, big=big)
    tiff.check_directory(few)
    many = directory((256, 3, 1), (273, 1, tiff.MAX_VALUES + 1), order=order, big=big)
    with pytest.raises(problems.UnprocessableContent, match="262,145 values"):
        tiff.check_directory(many)
    tags = directory(*((tag, 3, 1) for tag in range(tiff.MAX_TAGS + 1)), order=order, big=big)
    with pytest.raises(problems.UnprocessableContent, match="a tag too many"):
        tiff.check_directory(tags)


@pytest.mark.parametrize("cut", [4, 8, 9, 12, 20])
def test_a_directory_that_breaks_off_is_left_to_the_decoder(cut: int) -> None:
    tiff.check_directory(directory((273, 1, tiff.MAX_VALUES + 1))[:cut])


def test_millions_of_strips_take_no_memory() -> None:
    encoded = written({273: (8,) * 1_000_000})
    tracemalloc.start()
    try:
        with pytest.raises(problems.UnprocessableContent, match="values in one"):
            pixels(encoded)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_tile_much_larger_than_its_picture_is_refused() -> None:
    tile = {322: (256,), 323: (256,), 324: (8,)}
    assert tiff.tile_pixels(opened(written(tile))) == 256 * 256
    with pytest.raises(problems.ContentTooLarge, match="tiles are too large"):
        opened(written(tile | {322: (50_000,), 323: (50_000,)}))


def test_what_decoding_takes_is_a_strip_and_a_turned_copy() -> None:
    rows = {278: 40}
    assert tiff.codec_bytes(opened(tiff_of(lime(), rows, compression="tiff_lzw"))) == 4 * 1600
    turned = tiff_of(lime(), {274: 6}, compression="raw")
    assert tiff.codec_bytes(opened(turned)) == 4 * 1600


def test_directories_below_the_first_are_not_read() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = (1, 100)
    exif[0x010E] = "x"
    image = opened(tiff_of(lime(), exif=exif))
    assert 0x8769 not in image.getexif()
    assert (pixels(tiff_of(lime(), exif=exif)) == GREEN).all()
