"""Good bytes made odd: flipped, cut, spliced, grown, with other numbers where lengths stand."""

import random
from collections.abc import Callable, Sequence

MAX_CHANGES = 4  # of one file
MAX_GROWTH = 1 << 16  # bytes
FORMATS = [(2, "big"), (2, "little"), (4, "big"), (4, "little")]  # of lengths in files
ODD_BYTES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
WORDS = (b"\0", b"\xff", b"\xff\xd8\xff", b"\xff\xda", b"IDAT", b"IEND", b"eXIf", b"II*\0", b"VP8X")

Change = Callable[[bytearray, random.Random], None]


def chance(seed: int) -> random.Random:
    """What decides: the same of a seed each time."""
    return random.Random(seed)  # noqa: S311  # no secret


def mutated(content: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The bytes with a few changes, one of which may be a part of another of its kind."""
    made = bytearray(content)
    for _ in range(chance.randint(1, MAX_CHANGES)):
        if not made or chance.random() < 0.1:
            splice(made, chance.choice(others), chance)
        else:
            chance.choice(CHANGES)(made, chance)
    return bytes(made)


def place(content: bytearray, chance: random.Random) -> int:
    """A place in the bytes, at the beginning more often than not: most headers are there."""
    end = len(content) if chance.random() < 0.5 else min(len(content), 200)
    return chance.randrange(end) if end else 0


def flip(content: bytearray, chance: random.Random) -> None:
    """Turn a bit over."""
    if content:
        content[place(content, chance)] ^= 1 << chance.randrange(8)


def overwrite(content: bytearray, chance: random.Random) -> None:
    """Write an odd value into a byte."""
    if content:
        content[place(content, chance)] = chance.choice(ODD_BYTES)


def relength(content: bytearray, chance: random.Random) -> None:
    """Write another number where one of 2 or 4 bytes may stand."""
    size, order = chance.choice(FORMATS)
    at, most = place(content, chance), (1 << 8 * size) - 1
    number = chance.choice([0, 1, most, most // 2, chance.randint(0, most), len(content) & most])
    content[at : at + size] = number.to_bytes(size, "big" if order == "big" else "little")


def cut(content: bytearray, chance: random.Random) -> None:
    """Take away the end, or a part."""
    at = place(content, chance)
    end = len(content) if chance.random() < 0.5 else at + chance.randint(1, 1000)
    del content[at:end]


def grow(content: bytearray, chance: random.Random) -> None:
    """Put in the same word again and again."""
    word = chance.choice(WORDS)
    at, size = place(content, chance), chance.choice([1, 10, 1000, MAX_GROWTH // len(word)])
    content[at:at] = word * size


def repeat(content: bytearray, chance: random.Random) -> None:
    """Have a part twice."""
    at = place(content, chance)
    content[at:at] = content[at : at + chance.randint(1, 2000)]


def splice(content: bytearray, other: bytes, chance: random.Random) -> None:
    """Put a part of another file in."""
    begin, at = place(bytearray(other), chance), place(content, chance)
    content[at : at + chance.randint(0, 100)] = other[begin : begin + chance.randint(1, 5000)]


CHANGES: tuple[Change, ...] = (flip, overwrite, relength, cut, grow, repeat)
