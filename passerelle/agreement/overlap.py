"""How far two maps of classes overlap: the mean, over the classes, of intersection over union.

Two maps come as runs, as grey pixels, or as a mask for each class.
"""

import collections
import sys
from collections.abc import Iterator, Mapping, Sequence

from passerelle.agreement.png import Grey, UnreadableError
from passerelle.agreement.values import Class

IS_SET = bytes([0]) + bytes([1]) * 255  # of a mask's byte for each pixel

Counts = Mapping[Class, int]  # pixels of each class


def of_runs(one: Sequence[int], other: Sequence[int]) -> float:
    """Of maps of one size as runs: a class and how many pixels it goes on for, in turns."""
    pairs: dict[tuple[int, int], int] = collections.defaultdict(int)
    for label, beside, length in _beside(one, other):
        pairs[label, beside] += length
    return of_pairs(pairs)


def _beside(one: Sequence[int], other: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The runs of two maps beside each other: both classes, and for how many pixels."""
    first, second = (zip(each[::2], each[1::2], strict=True) for each in (one, other))
    left = right = label = beside = 0
    while True:
        if not left:
            label, left = next(first, (0, 0))
        if not right:
            beside, right = next(second, (0, 0))
        length = min(left, right)
        if not length:
            return
        yield label, beside, length
        left, right = left - length, right - length


def of_maps(one: Grey, other: Grey) -> float:
    """Of grey pixels of one size, each of 8 or 16 bits. Rows that are repeated are counted once."""
    depth = max(one.depth, other.depth)
    wide = depth // 8
    repeated = collections.Counter[tuple[bytes, bytes]]()
    for both in zip(one.rows, other.rows, strict=True):  # others' turn is between two rows
        repeated[both] += 1
    counted: dict[int, int] = collections.defaultdict(int)
    for (row, beside), times in repeated.items():
        rows = _widened(row, one.depth, depth), _widened(beside, other.depth, depth)
        for pair, count in collections.Counter(_paired(*rows, wide)).items():
            counted[pair] += count * times
    pairs = {}
    for pair, count in counted.items():
        bytes_of = pair.to_bytes(2 * wide, sys.byteorder)
        pairs[int.from_bytes(bytes_of[:wide]), int.from_bytes(bytes_of[wide:])] = count
    return of_pairs(pairs)


def _paired(one: bytes, other: bytes, wide: int) -> memoryview:
    """Each pixel of two rows as one number, of the bytes of both."""
    both = bytearray(2 * len(one))
    for number, row in enumerate((one, other)):
        for place in range(wide):
            both[number * wide + place :: 2 * wide] = row[place::wide]
    return memoryview(both).cast("H" if wide == 1 else "I")


def _widened(row: bytes, depth: int, wanted: int) -> bytes:
    """A row of 8 bits a pixel as one of 16, if that is wanted."""
    if depth == wanted:
        return row
    wide = bytearray(2 * len(row))
    wide[1::2] = row
    return bytes(wide)


def mask(grey: Grey) -> int:
    """The pixels of a mask of 1 or 8 bits as one number: a bit, or a byte of 0 or 1, for each.

    Raises:
        UnreadableError: it has 16.
    """
    pixels = b"".join(grey.rows)
    if grey.depth == 8:
        return int.from_bytes(pixels.translate(IS_SET))
    if grey.depth != 1:
        raise UnreadableError("It is no mask.")
    found, beyond = int.from_bytes(pixels), -grey.width % 8
    if beyond:  # what fills a row's last byte is no pixel
        row = bytes([255]) * (len(grey.rows[0]) - 1) + bytes([255 << beyond & 255])
        found &= int.from_bytes(row * grey.height)
    return found


def of_pairs(pairs: Mapping[tuple[int, int], int]) -> float:
    """By how many pixels have one class in the one map and one in the other."""
    first: dict[Class, int] = collections.defaultdict(int)
    second: dict[Class, int] = collections.defaultdict(int)
    for (one, other), count in pairs.items():
        first[one] += count
        second[other] += count
    shared: Counts = {one: count for (one, other), count in pairs.items() if one == other}
    return mean_iou(first, second, shared)


def mean_iou(first: Counts, second: Counts, shared: Counts) -> float:
    """By how many pixels each class has in two maps, and in both at once; 1 without any pixel."""
    ious = []
    for each in first.keys() | second.keys():
        both = shared.get(each, 0)
        either = first.get(each, 0) + second.get(each, 0) - both
        if either:
            ious.append(both / either)
    return sum(sorted(ious)) / len(ious) if ious else 1.0
