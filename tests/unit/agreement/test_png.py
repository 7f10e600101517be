"""passerelle/agreement/png.py: masks and maps of classes."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from passerelle.agreement import png
from services.model.tasks import png as written
from tests.unit.agreement import forms

KINDS = [(depth, kind) for depth in (1, 8, 16) for kind in range(5)]


def pixels(depth: int, width: int = 13, height: int = 7) -> list[list[int]]:
    draw = np.random.default_rng(depth)
    found: list[list[int]] = draw.integers(0, 2**depth, (height, width)).tolist()
    return found


def filtered(rows: list[bytes], kinds: list[int], pixel: int) -> bytes:
    """Rows with their filters, byte by byte as the specification has it."""
    above, found = bytes(len(rows[0])), bytearray()
    for row, kind in zip(rows, kinds, strict=True):
        found.append(kind)
        for place, byte in enumerate(row):
            left = row[place - pixel] if place >= pixel else 0
            corner = above[place - pixel] if place >= pixel else 0
            up = above[place]
            plane = left + up - corner
            nearest = min((left, up, corner), key=lambda each: abs(plane - each))
            near = (0, left, up, (left + up) // 2, nearest)[kind]
            found.append((byte - near) % 256)
        above = row
    return bytes(found)


def of_rows(packed: bytes, width: int, height: int, depth: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    halves = packed[:9], packed[9:]
    return forms.of_chunks(
        (b"IHDR", header), (b"tEXt", b"a\x00b"), *((b"IDAT", each) for each in halves),
        (b"IEND", b""),
    )  # fmt: skip


@pytest.mark.parametrize(("depth", "kind"), [*KINDS, (8, 9)])
def test_every_filter_is_undone(depth: int, kind: int) -> None:
    """A 9 stands for one after the other."""
    rows = [forms.packed(row, depth) for row in pixels(depth)]
    kinds = [each % 5 if kind == 9 else kind for each in range(len(rows))]
    packed = zlib.compress(filtered(rows, kinds, max(depth // 8, 1)))
    found = png.decode(of_rows(packed, 13, len(rows), depth))
    assert (found.width, found.height, found.depth, found.rows) == (13, len(rows), depth, rows)


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_what_our_services_write_is_read(depth: int) -> None:
    lines = [forms.packed(row, depth) for row in pixels(depth, 16, 5)]
    order = [0, 0, 1, 1, 1, 4, 2, 3, 3]
    packed = np.frombuffer(b"".join(lines), np.uint8).reshape(5, -1)
    found = png.decode(written.encode(packed, np.array(order), 16, depth))
    assert found.rows == [lines[each] for each in order]
    assert found.rows[0] is found.rows[1]


def test_what_pillow_writes_is_read() -> None:
    given = np.array(pixels(8, 40, 30), np.uint8)
    file = io.BytesIO()
    Image.fromarray(given).save(file, "PNG", optimize=True)
    assert b"".join(png.decode(file.getvalue()).rows) == given.tobytes()


WHOLE = forms.png(pixels(8), 8)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", WHOLE[:8], WHOLE[:30], WHOLE[:60], WHOLE[:40] + b"\x99" * 60,
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 13, 7, 8, 2, 0, 0, 0)),  # of colours
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 13, 7, 8, 0, 0, 0, 1)),  # interlaced
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 13, 7, 4, 0, 0, 0, 0)),
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 13, 8, 8, 0, 0, 0, 0)),  # a row is missing
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 0, 7, 8, 0, 0, 0, 0)),
        forms.png(pixels(8), 8, struct.pack(">IIBBBBB", 2**31, 2**31, 8, 0, 0, 0, 0)),
        of_rows(zlib.compress(bytes([7, 1, 2])), 2, 1, 8),  # a filter that there isn't
    ],
)  # fmt: skip
def test_what_is_no_such_picture_is_told(data: bytes) -> None:
    with pytest.raises(png.UnreadableError):
        png.decode(data)


def test_a_picture_that_is_too_large_is_told() -> None:
    assert png.decode(WHOLE, 7 * 14)
    with pytest.raises(png.UnreadableError, match="too many"):
        png.decode(WHOLE, 7 * 14 - 1)


@pytest.mark.parametrize(("width", "height"), [(png.MAX_SIDE + 1, 1), (1, png.MAX_SIDE + 1)])
def test_no_side_is_so_long_that_a_row_holds_up_the_others(width: int, height: int) -> None:
    packed = zlib.compress(bytes(height * (width + 1)))
    with pytest.raises(png.UnreadableError, match="too many"):
        png.decode(of_rows(packed, width, height, 8))


@pytest.mark.parametrize("kind", [3, 4])
def test_filters_that_take_long_count_for_more(kind: int) -> None:
    rows = [forms.packed(row, 8) for row in pixels(8)]
    data = of_rows(zlib.compress(filtered(rows, [kind, *[2] * 6], 1)), 13, 7, 8)
    assert png.decode(data).cost == 7 * 14 + 15 * 13
    with pytest.raises(png.UnreadableError, match="too long"):
        png.decode(data, 7 * 14)


def test_what_unpacks_to_more_than_its_size_is_cut() -> None:
    packed = zlib.compress(bytes(20_000_000))
    assert png.decode(of_rows(packed, 2, 1, 8)).rows == [b"\x00\x00"]
