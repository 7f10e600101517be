"""An encoded picture -> the model's pixels: decode, turn upright, make RGB, resize, crop."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import resize

FORMATS = ("JPEG", "PNG", "WEBP")
ORIENTATIONS = {  # by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DRAFT_FACTOR = 4  # a JPEG decoded at a fraction keeps so many times the size it is resized to
DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)

# Each call of a codec releases the interpreter's lock and waits for it again: one call for most
# pictures, and not one for every 64 KiB.
ImageFile.MAXBLOCK = 1 << 18

# Pillow's own limit counts decoded pixels too, but only warns below twice its value:
# `open_image` checks ours before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

Pixels = npt.NDArray[np.uint8]


def pixels(encoded: bytes, shape: Input, max_pixels: int) -> Pixels:
    """The picture as (size, size, 3) uint8, RGB, ready for an engine.

    Raises:
        UnsupportedMediaType: neither JPEG, PNG nor WebP.
        ContentTooLarge: more than `max_pixels`.
        UnprocessableContent: one of those, but broken or cut short.
    """
    image = open_image(encoded, max_pixels)
    try:
        image.draft(None, (DRAFT_FACTOR * shape.resize, DRAFT_FACTOR * shape.resize))
        turned = upright(image)
        box = crop_box(turned, scaled_size(turned, shape, max_pixels), shape)
        return np.array(resize.crop(rgb(turned), box, shape.size, shape.interpolation))
    except DECODE_ERRORS:
        raise problems.UnprocessableContent(
            f"The {image.format} picture is broken or cut short. Send the whole file."
        ) from None


def open_image(encoded: bytes, max_pixels: int) -> Image.Image:
    """The picture with only its header read, when its format and its size are allowed."""
    try:
        image = Image.open(io.BytesIO(encoded), formats=FORMATS)
    except UnidentifiedImageError:
        raise problems.UnsupportedMediaType(
            "This is not a picture that is read here. Send a JPEG, PNG or WebP file."
        ) from None
    except DECODE_ERRORS:
        raise problems.UnprocessableContent(
            "The picture's header is broken. Send the whole file."
        ) from None
    if image.width * image.height > max_pixels:
        raise problems.ContentTooLarge(
            f"The picture has {image.width} x {image.height} pixels, more than {max_pixels:,}. "
            "Send a smaller one."
        )
    return image


def upright(image: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says; as it is where that can't be read.

    Only that one tag is looked at: a picture whose other tags are odd is a picture all the same.
    """
    try:
        turn = ORIENTATIONS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return image
    return image if turn is None else image.transpose(turn)


def rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB: 16-bit values scaled to 8, transparent pixels on white."""
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image)
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")


def scaled_size(image: Image.Image, shape: Input, max_pixels: int) -> tuple[int, int]:
    """The size to resize to: the short side becomes `resize`, the other keeps the proportion.

    Source: torchvision.transforms.functional.resize, whose rounding this is.

    Raises:
        ContentTooLarge: so long and thin that it would grow past `max_pixels`.
    """
    short = min(image.size)
    width, height = (int(shape.resize * side / short) for side in image.size)
    if width * height > max_pixels:
        raise problems.ContentTooLarge(
            f"A picture of {image.width} x {image.height} pixels is too long and thin. Crop it."
        )
    return width, height


def crop_box(image: Image.Image, scaled: tuple[int, int], shape: Input) -> resize.Box:
    """The part of the picture that is left when it is resized and its middle cut out.

    Source: torchvision.transforms.functional.center_crop, whose rounding this is.
    """
    edges = []
    for side, short in zip(image.size, scaled, strict=True):
        first = round((short - shape.size) / 2)
        edges.append((first * side / short, min((first + shape.size) * side / short, side)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
