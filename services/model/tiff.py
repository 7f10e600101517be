"""TIFF pictures: which of them are read, and what they take, told from their first directory.

Pillow reads a directory before anything is known of the picture, and makes a Python object of each
of its values: a file of 20 MB could name ten million strips. So their number is looked at first.

Source: TIFF 6.0, and BigTIFF's variation of it.
"""

import struct
from collections.abc import Iterator

from PIL import ExifTags, Image, TiffImagePlugin, TiffTags

from passerelle.protocol import problems

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MAX_TAGS = 4096
MAX_VALUES = 1 << 18  # of a tag: strips of one row each, of the tallest pictures that there are
TEXT, BYTES = 2, 7  # types whose values stay together
MAX_TILE = 1 << 24  # pixels of a tile that is larger than its picture
KINDS_OF_BITS = {1, 2, 4, 8, 16}
MIN_IS_WHITE = 0
REDUCED = 1  # the bit of NewSubfileType that says so

_Tag = ExifTags.Base
_SUBFILE_TYPE, _SAMPLE_FORMAT, _SUBSAMPLING = 254, 339, 530
_TILE_WIDTH, _TILE_LENGTH = 322, 323


def check_directory(encoded: bytes) -> None:
    """Return only if the first directory is of a sensible size; anything but a TIFF is let pass.

    Raises:
        UnprocessableContent
    """
    if not encoded.startswith(MAGIC):
        return
    order, is_big = ">" if encoded[:1] == b"M" else "<", b"+" in encoded[:4]
    number, count = (f"{order}Q", f"{order}Q") if is_big else (f"{order}L", f"{order}H")
    entry = struct.Struct(f"{order}HHQ8x" if is_big else f"{order}HHL4x")
    try:
        (at,) = struct.unpack_from(number, encoded, 8 if is_big else 4)
        (tags,) = struct.unpack_from(count, encoded, at)
        begin = at + struct.calcsize(count)
        entries = [
            entry.unpack_from(encoded, begin + n * entry.size)
            for n in range(min(tags, MAX_TAGS + 1))
        ]
    except struct.error:
        return  # it is cut short, as will be noticed
    most = max((values for _, kind, values in entries if kind not in (TEXT, BYTES)), default=0)
    if tags > MAX_TAGS or most > MAX_VALUES:
        raise problems.UnprocessableContent(
            f"The TIFF picture's directory has a tag too many, or {most:,} values in one. "
            "Save it anew, with fewer strips."
        )


def check(image: Image.Image) -> None:
    """Return only if the values of the picture, where it is a TIFF, have one meaning.

    Raises:
        UnsupportedMediaType, ContentTooLarge, UnprocessableContent
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    try:
        reason, tile = unusual(image), tile_pixels(image)
    except (TypeError, ValueError):
        raise problems.UnprocessableContent(
            "The TIFF picture's directory is broken. Send the whole file."
        ) from None
    if reason:
        raise problems.UnsupportedMediaType(
            f"This is a TIFF picture with {reason}, which is not read here. "
            "Save it with 8 bits a channel, or as PNG."
        )
    if tile > max(MAX_TILE, image.width * image.height):
        raise problems.ContentTooLarge("The TIFF picture's tiles are too large. Save it in strips.")
    exif = image.getexif()
    for directory in TiffTags.TAGS_V2_GROUPS:  # Pillow would read them all
        if directory in exif:
            del exif[directory]


def unusual(image: TiffImagePlugin.TiffImageFile) -> str:
    """What can't be made the usual colours without guessing; empty if all can."""
    return next((words for is_so, words in _findings(image) if is_so), "")


def _findings(image: TiffImagePlugin.TiffImageFile) -> Iterator[tuple[bool, str]]:
    """What the picture may have, and whether it does."""
    tags = image.tag_v2
    bits = max(tags.get(_Tag.BitsPerSample, (1,)))
    is_inverted = tags.get(_Tag.PhotometricInterpretation) == MIN_IS_WHITE
    is_thinned = image.mode == "YCbCr" and tuple(tags.get(_SUBSAMPLING, (2, 2))) != (1, 1)
    yield set(tags.get(_SAMPLE_FORMAT, (1,))) != {1}, "signed or floating-point values"
    yield bits not in KINDS_OF_BITS, f"{bits}-bit values"
    yield bits == 16 and is_inverted, "16-bit values of which 0 is white"
    yield image.mode == "LAB", "CIELAB colours"
    yield is_thinned, "thinned out YCbCr colours that are not compressed"
    yield (
        bool(tags.get(_SUBFILE_TYPE, 0) & REDUCED),
        "a reduced copy before the picture itself, as cameras' raw files have it",
    )


def tile_pixels(image: TiffImagePlugin.TiffImageFile) -> int:
    """The pixels of one tile or strip, each of which is decoded as a whole."""
    tags = image.tag_v2
    if _TILE_WIDTH in tags:
        return int(tags[_TILE_WIDTH] * tags.get(_TILE_LENGTH, 1))
    rows = tags.get(_Tag.RowsPerStrip, image.height)
    return int(image.width * min(rows, max(image.size)))


def codec_bytes(image: TiffImagePlugin.TiffImageFile) -> int:
    """The bytes that decoding takes beside the picture: a tile or strip, and a turned copy."""
    pixel = sum(image.tag_v2.get(_Tag.BitsPerSample, (1,))) // 8 + 1
    tile = pixel * tile_pixels(image) if image.use_load_libtiff else 0
    is_turned = image.tag_v2.get(_Tag.Orientation, 1) != 1
    return tile + (4 * image.width * image.height if is_turned else 0)
