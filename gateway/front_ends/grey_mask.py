"""A PNG of one bit a pixel -> the same of eight, 0 and 255, as Hugging Face's own masks are.

Their clients hand a mask to programs as it is, which count on its greys: `np.array(mask) > 127` is
true nowhere where each pixel is a bit. A row that is like the one above stays a row of noughts (the
filter "Up"), which most are in a mask that was enlarged.

Source: the PNG specification (ISO/IEC 15948), sections 5, 9 and 11.
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY = 0  # the colour type
NONE, UP = b"\x00", b"\x02"  # the filters that are read and written
HEADER = struct.Struct(">IIBBBBB")  # width, height, depth, colour, packing, filters, interlacing
CHUNK = struct.Struct(">I4s")  # length and kind
MAX_PIXELS = 100_000_000  # more are left as they are
GREYS = bytes.maketrans(b"01", b"\x00\xff")


class OtherPngError(ValueError):
    """It is no PNG of one bit a pixel, or one that is made in another way than ours."""


def from_bits(png: bytes) -> bytes:
    """The mask with a byte for each pixel; what has other pixels, or can't be read, as it is."""
    try:
        return _from_bits(png)
    except (OtherPngError, struct.error, zlib.error):
        return png


def _from_bits(png: bytes) -> bytes:
    """The same.

    Raises:
        OtherPngError, struct.error, zlib.error: it can't be made.
    """
    chunks = dict[bytes, list[bytes]]()
    for kind, data in _chunks(png):
        chunks.setdefault(kind, []).append(data)
    width, height, *form = HEADER.unpack(chunks.get(b"IHDR", [b""])[0])
    if form != [1, GREY, 0, 0, 0] or not 0 < width * height <= MAX_PIXELS:
        raise OtherPngError
    length = (width + 7) // 8
    size = (length + 1) * height
    rows = zlib.decompressobj().decompress(b"".join(chunks.get(b"IDAT", [])), size + 1)
    if len(rows) != size:
        raise OtherPngError
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    packed = [packer.compress(row) for row in _grey_rows(rows, length, width)]
    header = HEADER.pack(width, height, 8, GREY, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", b"".join([*packed, packer.flush()])), (b"IEND", b"")
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a file: their kinds and data. Checksums are the reader's business."""
    if not png.startswith(SIGNATURE):
        raise OtherPngError
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length, kind = CHUNK.unpack_from(png, at)
        at += CHUNK.size
        yield kind, png[at : at + length]
        at += length + 4


def _grey_rows(rows: bytes, length: int, width: int) -> Iterator[bytes]:
    """Each row with a byte for each pixel, its filter first."""
    above, same = bytes(length), UP + bytes(width)
    for at in range(0, len(rows), length + 1):
        how, row = rows[at : at + 1], rows[at + 1 : at + 1 + length]
        if how == UP and row.count(0) == length:
            yield same
            continue
        if how == UP:
            row = bytes(one + other & 255 for one, other in zip(row, above, strict=True))
        elif how != NONE:
            raise OtherPngError
        above = row
        digits = f"{int.from_bytes(row):0{8 * length}b}"
        yield NONE + digits[:width].encode().translate(GREYS)


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a file: its length, kind, data and checksum."""
    return CHUNK.pack(len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))
