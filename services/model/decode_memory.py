"""How much memory a picture takes while it is decoded, told from its header."""

import struct
from collections.abc import Sequence

from PIL import Image, JpegImagePlugin, TiffImagePlugin

from passerelle.artifact.card import Input
from services.model import tiff
from services.model.resize import BAND_PIXELS, Size

MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # of a decoded pixel, as Pillow keeps it
OTHER_BYTES = 4  # of any other mode's; RGB too has a fourth that nothing uses
WEBP_BYTES = 8  # of a pixel in the two canvases that libwebp decodes a picture to
AVIF_BYTES = 12  # of a pixel: its planes, its colours, and a copy of those
BMP_RUN_BYTES = 3  # of a pixel of a compressed BMP, which Pillow decodes in Python
COEFFICIENT_BYTES = 2  # of a pixel's colour in a JPEG, before it becomes one
CONVERTED_BYTES = 16  # of a band's pixel: turned, with transparency, on white
INPUT_BYTES = 16  # of a pixel of the model's input: as a picture, as bytes, as they are given out
BASE = 1 << 20  # bytes that any picture takes: the codec's own

# The markers of a JPEG's header that a length follows; see T.81, table B.1.
_SEGMENTS = {*range(0xFFC0, 0xFFFF)} - {*range(0xFFD0, 0xFFDA)}
_START_OF_SCAN = 0xFFDA


def needed(image: Image.Image, encoded: bytes, shape: Input) -> int:
    """The bytes that it takes at most to decode, turn and shrink a picture.

    `image` is the picture with only its header read, and the fraction chosen that it is decoded at.
    """
    decoded = MODE_BYTES.get(image.mode, OTHER_BYTES) * image.width * image.height
    return BASE + _codec(image, encoded) + decoded + _shrinking(image.size, shape)


def _shrinking(size: Size, shape: Input) -> int:
    """The bytes that it takes at most to turn, convert and shrink what is decoded."""
    converted = CONVERTED_BYTES * min(size[0] * size[1], max(BAND_PIXELS, *size))
    is_middle = isinstance(shape.resize, int)  # which is no wider than the picture is high
    across = min(size) if is_middle else max(size)
    halfway = OTHER_BYTES * max(shape.size) * across  # shrunk along one axis
    made = INPUT_BYTES * shape.size[0] * shape.size[1]
    return converted + halfway + made


def of_parts(
    image: Image.Image, encoded: bytes, shape: Input, sizes: Sequence[Size], *, is_whole: bool
) -> int:
    """The bytes that it takes at most to decode a picture, and to shrink parts of it in turn.

    `sizes` are the parts'. Where `is_whole`, each is converted whole as well, for a handler.
    """
    each = MODE_BYTES.get(image.mode, OTHER_BYTES) + (CONVERTED_BYTES if is_whole else 0)
    part = max(
        each * width * height + _shrinking((width, height), shape) for width, height in sizes
    )
    decoded = MODE_BYTES.get(image.mode, OTHER_BYTES) * image.width * image.height
    return BASE + _codec(image, encoded) + decoded + part


def of_whole(image: Image.Image, encoded: bytes) -> int:
    """The bytes that it takes at most to decode and turn a picture, and to convert it whole."""
    pixels = image.width * image.height
    decoded = MODE_BYTES.get(image.mode, OTHER_BYTES) * pixels
    return BASE + _codec(image, encoded) + decoded + CONVERTED_BYTES * pixels


def _codec(image: Image.Image, encoded: bytes) -> int:
    """The bytes that a codec takes beside the picture."""
    pixels = image.width * image.height
    if image.format == "WEBP":
        return WEBP_BYTES * pixels + len(encoded)
    if image.format == "AVIF":
        return AVIF_BYTES * pixels + len(encoded)
    if image.format == "BMP" and image.info.get("compression"):
        return BMP_RUN_BYTES * pixels
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return tiff.codec_bytes(image)
    if isinstance(image, JpegImagePlugin.JpegImageFile) and is_kept_whole(image, encoded):
        return _coefficients(image)
    return 0


def _coefficients(image: JpegImagePlugin.JpegImageFile) -> int:
    """The bytes of a whole JPEG's coefficients; a colour that is sampled thinly has fewer."""
    fraction = image.decoderconfig[0] if image.decoderconfig else 1
    columns = [each[1] for each in image.layer]
    rows = [each[2] for each in image.layer]
    samples = sum(across * down for across, down in zip(columns, rows, strict=True))
    densest = max(max(columns, default=1) * max(rows, default=1), 1)
    pixels = image.width * image.height * fraction**2
    return COEFFICIENT_BYTES * pixels * samples // densest


def is_kept_whole(image: JpegImagePlugin.JpegImageFile, encoded: bytes) -> bool:
    """Whether a JPEG's pixels come only once all of it was read: its parts lie in several scans.

    A header that isn't as the standard has it counts as such a one.
    """
    if "progressive" in image.info:
        return True
    at = 2  # after the marker that starts the file
    try:
        while True:
            marker, length = struct.unpack_from(">HH", encoded, at)
            if marker == _START_OF_SCAN:
                return encoded[at + 4] < image.layers
            if marker not in _SEGMENTS:
                return True
            at += 2 + length
    except (struct.error, IndexError):
        return True
