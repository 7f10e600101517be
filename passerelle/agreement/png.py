"""Reading PNGs of masks and of maps of classes: grey, of 1, 8 or 16 bits, not interlaced.

A row is a difference from the one above in our own services' files, and most often none, which
takes no time. The filters Sub and Up are undone for all bytes of a row at once, as one long number;
Average and Paeth, which others write, byte by byte: 0.3 s for a million of them.

Source: the PNG specification (ISO/IEC 15948), sections 5, 9 and 11.
"""

import dataclasses
import itertools
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBBBBB")
GREY, DEPTHS = 0, (1, 8, 16)
MAX_BYTES = 32_000_000  # of a picture's rows
MAX_SIDE = 32_768  # pixels: what is done to a row holds up every other thread
SLOW = 16  # so many times as much is a row that is undone byte by byte
NONE, SUB, UP, AVERAGE, PAETH = range(5)  # the filters


class UnreadableError(Exception):
    """A file that is no such PNG, or too large."""


@dataclasses.dataclass(frozen=True)
class Grey:
    """A picture of grey pixels. Rows that are repeated are often one object."""

    width: int
    height: int
    depth: int  # bits of a pixel
    rows: list[bytes]  # of 1 bit eight pixels to a byte, of 16 bits the high byte first
    cost: int  # bytes of rows, SLOW times those with the filters that take so long


def decode(data: bytes, max_bytes: int = MAX_BYTES) -> Grey:
    """A picture that costs no more than so many bytes of rows.

    Raises:
        UnreadableError
    """
    header, packed = _chunks(data)
    if len(header) != HEADER.size:
        raise UnreadableError("It has no header.")
    width, height, depth, colour, compression, filtering, interlace = HEADER.unpack(header)
    if colour != GREY or depth not in DEPTHS or compression or filtering or interlace:
        raise UnreadableError("It isn't grey, or interlaced.")
    length = (width * depth + 7) // 8
    size = height * (length + 1)
    if not length or not height or size > max_bytes or max(width, height) > MAX_SIDE:
        raise UnreadableError("It has no pixels, or too many.")
    unpacker = zlib.decompressobj()
    try:
        filtered = unpacker.decompress(packed, size)
    except zlib.error as error:
        raise UnreadableError("Its pixels are damaged.") from error
    if len(filtered) != size:
        raise UnreadableError("It ends too early.")
    kinds = filtered[:: length + 1]
    cost = size + (SLOW - 1) * length * (kinds.count(AVERAGE) + kinds.count(PAETH))
    if cost > max_bytes:
        raise UnreadableError("Its filters would take too long.")
    return Grey(width, height, depth, _rows(filtered, length, max(depth // 8, 1)), cost)


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    """What the file's header holds, and its packed pixels. Checksums are zlib's alone."""
    if not data.startswith(SIGNATURE):
        raise UnreadableError("It is no PNG.")
    place, header, packed = len(SIGNATURE), b"", list[bytes]()
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        part = data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            header = part
        elif kind == b"IDAT":
            packed.append(part)
        place += 12 + length
    return header, b"".join(packed)


def _rows(filtered: bytes, length: int, pixel: int) -> list[bytes]:
    """The rows of so many bytes, of which a pixel has so many or is a part of one."""
    above, rows, noughts = bytes(length), list[bytes](), bytes(length)
    lanes = Lanes(length)
    for start in range(0, len(filtered), length + 1):
        kind, row = filtered[start], filtered[start + 1 : start + 1 + length]
        if kind == UP:
            above = above if row == noughts else lanes.sum(row, above)
        elif kind == SUB:
            above = lanes.sums(row, pixel)
        elif kind in {AVERAGE, PAETH}:
            above = _undone(kind, row, above, pixel)
        elif kind == NONE:
            above = row
        else:
            raise UnreadableError("A row has a filter that there isn't.")
        rows.append(above)
    return rows


class Lanes:
    """Sums of all bytes of two rows at once, each modulo 256: as long numbers without carries."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._low = int.from_bytes(b"\x7f" * length, "little")
        self._high = self._low + 1 + int.from_bytes(b"\x00" + b"\x01" * (length - 1), "little")
        self._all = self._low | self._high

    def sum(self, one: bytes, other: bytes) -> bytes:
        """Each byte of one row plus that of the other."""
        added = self._sum(int.from_bytes(one, "little"), int.from_bytes(other, "little"))
        return added.to_bytes(self.length, "little")

    def sums(self, row: bytes, pixel: int) -> bytes:
        """Each byte plus all before it at the same place of a pixel."""
        found, shift = int.from_bytes(row, "little"), 8 * pixel
        while shift < 8 * self.length:
            found = self._sum(found, (found << shift) & self._all)
            shift *= 2
        return found.to_bytes(self.length, "little")

    def _sum(self, one: int, other: int) -> int:
        return ((one & self._low) + (other & self._low)) ^ ((one ^ other) & self._high)


def _undone(kind: int, row: bytes, above: bytes, pixel: int) -> bytes:
    """A row without the filter Average or Paeth."""
    found = bytearray(pixel) + row  # with a pixel of noughts before it
    before = bytes(pixel) + above
    for place in range(pixel, len(found)):
        left, up = found[place - pixel], before[place]
        near = (left + up) // 2 if kind == AVERAGE else paeth(left, up, before[place - pixel])
        found[place] = (found[place] + near) & 255
    return bytes(itertools.islice(found, pixel, None))


def paeth(left: int, up: int, corner: int) -> int:
    """Which of three bytes is nearest to what a plane through them would have here."""
    far_left, far_up = abs(up - corner), abs(left - corner)
    far_corner = abs(left + up - 2 * corner)
    if far_left <= far_up and far_left <= far_corner:
        return left
    return up if far_up <= far_corner else corner
