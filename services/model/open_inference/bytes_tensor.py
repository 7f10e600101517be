"""Tensors of the datatype BYTES: texts, or encoded pictures, of any length each."""

import struct
from collections.abc import Iterable

_LENGTH = struct.Struct("<I")  # of each element, before it


def split(content: memoryview, count: int) -> list[memoryview]:
    """The `count` elements of a tensor's binary data.

    Raises:
        ValueError: there are more or less, or one breaks off.
    """
    found, at = list[memoryview](), 0
    while at < len(content):
        if len(found) == count or at + _LENGTH.size > len(content):
            raise ValueError(f"at byte {at}")
        begin = at + _LENGTH.size
        at = begin + _LENGTH.unpack_from(content, at)[0]
        if at > len(content):
            raise ValueError(f"at byte {begin}")
        found.append(content[begin:at])
    if len(found) != count:
        raise ValueError(f"{len(found)} elements")
    return found


def joined(elements: Iterable[bytes]) -> bytes:
    """Elements as a tensor's binary data."""
    return b"".join(part for each in elements for part in (_LENGTH.pack(len(each)), each))
