"""An array of pixels as a PNG file (RFC 2083), without Pillow."""

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # grey, RGB and RGBA, by their channels
LEVEL = 1  # of zlib: a photograph is hardly smaller at 6, and takes several times as long
SUB = 1  # the filter of a line: each byte less that of the pixel to the left


def encode(pixels: "npt.NDArray[np.uint8]") -> bytes:
    """Pixels (height, width, channels) of 1, 3 or 4 channels, as a file."""
    import numpy as np

    height, width, channels = pixels.shape
    lines = np.empty((height, width + 1, channels), np.uint8)
    lines[:, 1:] = pixels
    lines[:, 2:] -= pixels[:, :-1]
    flat = lines.reshape(height, -1)[:, channels - 1 :]  # a byte before each line
    flat[:, 0] = SUB
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(flat.tobytes(), LEVEL)
    return b"".join(
        [SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b"")]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A part of the file: its length, its kind, its content, and a checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
