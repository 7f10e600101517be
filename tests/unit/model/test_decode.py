"""Pictures of every mode and orientation become the model's pixels; broken ones become problems."""

import contextlib
import functools
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import decode, formats, modes, orientation, placement, resize
from services.model.memory_budget import Budget
from tests.support import stack

SHAPE = Input((32, 32), 32, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
LIMIT = 1_000_000


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def decoded(data: bytes) -> decode.Pixels:
    return decode.prepare(data, SHAPE, LIMIT).pixels


def plain(mode: str, colour: object) -> Image.Image:
    return Image.new(mode, (40, 40), colour)  # type: ignore[arg-type]  # a colour of the mode


@pytest.mark.parametrize(
    ("image", "form", "expected"),
    [
        (plain("RGB", (10, 200, 90)), "PNG", (10, 200, 90)),
        (plain("RGB", (10, 200, 90)), "WEBP", (10, 200, 90)),
        (plain("RGB", (10, 200, 90)), "JPEG", (10, 200, 90)),
        (plain("L", 77), "JPEG", (77, 77, 77)),
        (plain("1", 1), "PNG", (255, 255, 255)),
        (plain("LA", (77, 255)), "PNG", (77, 77, 77)),
        (plain("RGBA", (10, 200, 90, 255)), "PNG", (10, 200, 90)),
        (plain("RGBA", (10, 200, 90, 0)), "PNG", (255, 255, 255)),
        (plain("RGBA", (0, 0, 0, 128)), "WEBP", (127, 127, 127)),
        (plain("CMYK", (255, 0, 0, 0)), "JPEG", (0, 255, 255)),
        (plain("I;16", 300 * 200), "PNG", (234, 234, 234)),
        (plain("RGB", (10, 200, 90)).convert("P"), "PNG", (10, 200, 90)),
    ],
)
def test_every_mode_becomes_rgb(
    image: Image.Image, form: str, expected: tuple[int, int, int]
) -> None:
    pixels = decoded(encoded(image, form))
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    tolerance = 26 if image.mode == "P" else 4  # the web palette has steps of 51
    assert np.abs(pixels.astype(int) - expected).max() <= tolerance


def test_a_transparent_palette_shows_white() -> None:
    image = plain("P", 3)
    image.putpalette([10, 20, 30] * 4)
    assert (decoded(encoded(image, "PNG", transparency=3)) == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_set_upright(orientation: int) -> None:
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:8, :16] = 255  # a mark that no turn or mirror leaves in its place
    undo: dict[int, Callable[..., Any]] = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2), 6: np.rot90,
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    assert (decoded(encoded(stored, "PNG", exif=exif)) == upright).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_a_picture_is_turned_in_every_format(form: str, orientation: int) -> None:
    exif, stored = Image.Exif(), plain("RGB", "white")
    exif[0x0112] = orientation
    stored.paste((0, 0, 0), (0, 0, 20, 20))
    turns = {2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}
    down, right = turns.get(orientation, (0, 0))
    found = decode.prepare(encoded(stored, form, exif=exif), SHAPE, LIMIT, readable=ALL).pixels
    corners = [[found[y, x].max() < 20 for x in (2, -3)] for y in (2, -3)]
    assert corners == [[(y, x) == (down, right) for x in (0, 1)] for y in (0, 1)]


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
        b"\x1a\x01\x01\0\x01\0\0\0\x07\0\0\0\0\0\0\0",  # a resolution that is a byte
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",  # more tags than there are
        b"Exif\0\0nonsense",
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_odd_exif_makes_no_odd_picture(exif: bytes) -> None:
    data = encoded(plain("RGB", (10, 200, 90)), "JPEG", exif=exif)
    assert np.abs(decoded(data).astype(int) - (10, 200, 90)).max() <= 4


def test_a_text_is_no_picture() -> None:
    with pytest.raises(problems.UnsupportedMediaType, match="JPEG, PNG or WebP"):
        decoded(b"this is not a picture, whatever its name says")


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PPM"])
def test_formats_that_are_not_named_are_not_opened(form: str) -> None:
    with pytest.raises(problems.UnsupportedMediaType):
        decoded(encoded(plain("RGB", 0), form))


def test_a_format_is_read_where_it_is_set() -> None:
    for word, (form, _) in formats.NAMES.items():
        picture = encoded(plain("RGB", (0, 255, 0)), form)
        found = decode.prepare(picture, SHAPE, LIMIT, readable=(word,)).pixels
        assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2
        with pytest.raises(problems.UnsupportedMediaType, match="This service reads"):
            decode.prepare(picture, SHAPE, LIMIT, readable=tuple({"jpeg", "png"} - {word}))


def test_a_gifs_first_picture_is_read_on_white() -> None:
    picture, other = plain("P", 3), plain("P", 1)
    picture.putpalette([0, 0, 0, 255, 0, 0, 9, 9, 9, 0, 255, 0])
    picture.paste(2, (0, 0, 40, 20))
    options = {"save_all": True, "append_images": [other], "transparency": 2, "disposal": 2}
    found = decode.prepare(
        encoded(picture, "GIF", **options), SHAPE, LIMIT, readable=("gif",)
    ).pixels
    assert (found[:10] == 255).all()
    assert (found[-10:] == (0, 255, 0)).all()


def test_a_gif_may_have_a_palette_of_its_first_picture_alone() -> None:
    whole = plain("P", 3)
    whole.putpalette([0, 0, 0, 255, 0, 0, 9, 9, 9, 0, 255, 0])
    data = encoded(whole, "GIF")
    size = 3 * 2 ** ((data[10] & 7) + 1)
    frame = data.index(b",", 13 + size)
    own = bytearray(data[:10] + b"\0" + data[11:13] + data[13 + size : frame + 10])
    own[-1] = 0x80 | (data[10] & 7)
    local = bytes(own) + data[13 : 13 + size] + data[frame + 10 :]
    found = decode.prepare(local, SHAPE, LIMIT, readable=("gif",)).pixels
    assert (found == (0, 255, 0)).all()


def bmp(rows: int, bits: int, compression: int, content: bytes) -> bytes:
    """A BMP, 40 pixels wide, of a palette whose fourth colour is lime."""
    palette = bytes(12) + b"\0\xff\0\0" + bytes(4 * (2**bits - 4))
    header = struct.pack("<IiiHHIIiiII", 40, 40, rows, 1, bits, compression, 0, 0, 0, 0, 0)
    begin = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", begin, 0, 0, begin) + header + palette + content


@pytest.mark.parametrize(
    "picture",
    [
        bmp(40, 8, 0, b"\3" * 1600),
        bmp(-40, 8, 0, b"\3" * 1600),  # from top to bottom
        bmp(40, 4, 0, b"\x33" * 20 * 40),
        bmp(40, 8, 1, b"\x28\3\0\0" * 40 + b"\0\1"),  # in runs
        bmp(40, 4, 2, b"\x28\x33\0\0" * 40 + b"\0\1"),
    ],
)
def test_every_kind_of_bmp_is_read(picture: bytes) -> None:
    assert (decode.prepare(picture, SHAPE, LIMIT, readable=("bmp",)).pixels == (0, 255, 0)).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_short_is_told_as_broken(form: str) -> None:
    whole = encoded(Image.open(io.BytesIO(stack.CAT)), form)
    for share in (0.1, 0.5, 0.95):
        with pytest.raises(problems.UnprocessableContent, match="Send the whole file"):
            decode.prepare(whole[: int(len(whole) * share)], SHAPE, LIMIT)


def png_bomb(side: int) -> bytes:
    """A PNG of side x side pixels that compresses to almost nothing."""

    def part(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    squeezed = zlib.compressobj(9)
    row = bytes(side // 8 + 1)
    data = b"".join(squeezed.compress(row) for _ in range(side)) + squeezed.flush()
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", data) + part(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = png_bomb(20_000)
    assert len(bomb) < 100_000
    with pytest.raises(problems.ContentTooLarge, match="20000 x 20000 pixels"):
        decode.prepare(bomb, SHAPE, 50_000_000)


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded() -> None:
    picture = encoded(plain("RGB", 0), "JPEG", progressive=True)
    scan = picture[picture.rindex(b"\xff\xda") : -2]
    with pytest.raises(problems.UnprocessableContent, match="more than 500 scans"):
        decoded(picture[:-2] + scan * 500 + picture[-2:])


def test_a_long_thin_picture_is_not_blown_up() -> None:
    with pytest.raises(problems.ContentTooLarge, match="too long and thin"):
        decoded(encoded(Image.new("1", (1, 65_000)), "PNG"))


ALL = tuple(formats.NAMES)
SMALL = [
    encoded(Image.open(io.BytesIO(stack.CAT)).resize((45, 30)), formats.NAMES[word][0])
    for word in ALL
]


@pytest.mark.filterwarnings("ignore:.*(EXIF|Tag data|Truncated|Metadata|Tag offset)")
@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_damaged_picture_is_decoded_or_told_and_nothing_else(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 12))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        shape = decode.prepare(bytes(damaged), SHAPE, LIMIT, readable=ALL).pixels.shape
    except (problems.ContentTooLarge, problems.UnsupportedMediaType, problems.UnprocessableContent):
        return
    assert shape == (32, 32, 3)


def naive(data: bytes, shape: Input) -> decode.Pixels:
    """The pixels by whole copies of the picture: loaded, turned, converted, only then shrunk."""
    image = Image.open(io.BytesIO(data))
    decode.draft(image, shape)
    turn = orientation.turn_of(image)
    image.load()
    mode = modes.BY_CHANNELS[shape.channels]
    whole = modes.converted(image if turn is None else image.transpose(turn), mode)
    where = placement.of(whole.size, shape, LIMIT)
    made = resize.crop(whole, where.taken, where.size, shape.interpolation)
    return modes.pixels(made, shape, where.corner)


def noise(mode: str, width: int, height: int) -> Image.Image:
    random = np.random.default_rng(width * 1000 + height)
    if mode == "I;16":
        return Image.fromarray(random.integers(0, 1 << 16, (height, width), dtype=np.uint16))
    bands = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if mode in {"RGBA", "CMYK"}:
        return Image.frombytes(mode, (width, height), bands.tobytes())
    return Image.fromarray(bands).convert(mode)


KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("1", "PNG", {}),
    ("1", "PNG", {"transparency": 1}),
    ("L", "PNG", {}),
    ("L", "PNG", {"transparency": 77}),
    ("L", "JPEG", {}),
    ("LA", "PNG", {}),
    ("P", "PNG", {}),
    ("P", "PNG", {"transparency": 5}),
    ("P", "PNG", {"transparency": bytes(range(200))}),
    ("I;16", "PNG", {}),
    ("I;16", "PNG", {"transparency": 300}),
    ("RGB", "PNG", {}),
    ("RGB", "PNG", {"transparency": (1, 2, 3)}),
    ("RGBA", "PNG", {}),
    ("RGB", "JPEG", {}),
    ("RGB", "JPEG", {"progressive": True}),
    ("CMYK", "JPEG", {}),
    ("RGB", "WEBP", {}),
    ("RGBA", "WEBP", {}),
    ("RGBA", "WEBP", {"lossless": True}),
]


@pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_bands_of_every_mode_and_orientation_give_what_whole_copies_give(
    cykooz: object, data: st.DataObject
) -> None:
    mode, form, options = data.draw(st.sampled_from(KINDS))
    sides = st.integers(1, 120)
    width, height = data.draw(sides), data.draw(sides)
    exif = Image.Exif()
    exif[0x0112] = data.draw(st.integers(1, 8))
    picture = encoded(noise(mode, width, height), form, exif=exif, **options)
    size = data.draw(st.tuples(*[st.sampled_from([8, 17, 32])] * 2))
    resize_to = data.draw(st.none() | st.integers(max(size), max(size) + 9))
    interpolation = data.draw(st.sampled_from(["bilinear", "bicubic"]))
    channels = data.draw(st.sampled_from([1, 3, 4]))
    fit = data.draw(st.sampled_from(["crop", "squash", "letterbox"]))
    pad = tuple(range(7, 7 + channels))
    shape = Input(size, resize_to, interpolation, (0.5,), (0.5,), channels, fit, pad)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resize, "cykooz", cykooz)
        expected = naive(picture, shape)
        patch.setattr(resize, "BAND_PIXELS", data.draw(st.sampled_from([1, 300, 2000])))
        assert np.array_equal(decode.prepare(picture, shape, LIMIT).pixels, expected)


def is_free(budget: Budget) -> bool:
    """Whether nobody holds any of it."""
    with contextlib.suppress(problems.GatewayTimeout), budget.reserve(budget.limit, deadline=0):
        return True
    return False


def test_memory_is_held_while_a_picture_is_decoded_and_then_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budget, free, resized = Budget(1 << 40), list[bool](), decode.resized

    def watched(*arguments: Any) -> Image.Image:
        free.append(is_free(budget))
        return resized(*arguments)

    monkeypatch.setattr(decode, "resized", watched)
    decode.prepare(encoded(plain("RGBA", 0), "PNG"), SHAPE, LIMIT, budget.reserve)
    assert free == [False]
    assert is_free(budget)


def test_a_broken_picture_returns_its_memory() -> None:
    budget = Budget(1 << 40)
    for form in ("JPEG", "PNG", "WEBP"):
        broken = encoded(Image.open(io.BytesIO(stack.CAT)), form)[:3000]
        with pytest.raises(problems.UnprocessableContent):
            decode.prepare(broken, SHAPE, LIMIT, budget.reserve)
    assert is_free(budget)


def test_a_picture_waits_for_memory_until_its_deadline() -> None:
    budget = Budget(1000, clock=lambda: 100.0)
    picture = encoded(plain("RGB", 0), "PNG")
    with budget.reserve(1), pytest.raises(problems.GatewayTimeout):
        decode.prepare(picture, SHAPE, LIMIT, functools.partial(budget.reserve, deadline=99.0))
