"""An encoded picture -> the model's pixels: decode, turn upright, convert, resize, crop."""

import contextlib
import dataclasses
import io
import struct
import zlib
from collections.abc import Callable

from PIL import (
    AvifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.model import (
    decode_memory,
    formats,
    jpeg_frame,
    memory_budget,
    modes,
    orientation,
    png_chunks,
    resize,
    tiff,
    unreadable,
)  # fmt: skip
from services.model.placement import Placement

DRAFT_FACTOR = 4  # a JPEG decoded at a fraction keeps so many times the size it is resized to
DECODE_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error,
    RuntimeError,  # of AVIF
)  # fmt: skip

# Each call of a codec releases the interpreter's lock and waits for it again: one call for most
# pictures, and not one for every 64 KiB.
ImageFile.MAXBLOCK = 1 << 18

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a slot's own; others have a picture of theirs

# Pillow's own limit counts decoded pixels too, but only warns below twice its value:
# `open_image` checks ours before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

png_chunks.install()
orientation.limit_exif()

Pixels = modes.Pixels
Reserve = Callable[[int], contextlib.AbstractContextManager[None]]  # so many bytes


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A picture as a model takes it, and where it lies there."""

    pixels: Pixels
    placement: Placement


def pixels(
    encoded: bytes,
    shape: Input,
    max_pixels: int,
    reserve: Reserve = memory_budget.UNLIMITED.reserve,
    readable: tuple[str, ...] = formats.DEFAULT,
) -> Pixels:
    """The picture's pixels alone; see `prepare`."""
    return prepare(encoded, shape, max_pixels, reserve, readable).pixels


def prepare(
    encoded: bytes,
    shape: Input,
    max_pixels: int,
    reserve: Reserve = memory_budget.UNLIMITED.reserve,
    readable: tuple[str, ...] = formats.DEFAULT,
) -> Prepared:
    """The picture as (size, size, channels) uint8, grey, RGB or RGBA, ready for an engine.

    `reserve` waits until there is the memory that decoding takes, and holds it meanwhile.
    `readable` are the formats that are read, by their words in `formats`.

    Raises:
        UnsupportedMediaType: of no such format, or of an unusual kind of one.
        ContentTooLarge: more than `max_pixels`.
        UnprocessableContent: of such a format, but broken or cut short.
        What `reserve` raises.
    """
    image = open_image(encoded, max_pixels, readable)
    stored = image.size
    image.draft(None, (DRAFT_FACTOR * shape.resize, DRAFT_FACTOR * shape.resize))
    needed = decode_memory.needed(image, encoded, shape)
    with reserve(needed), contextlib.closing(image):
        try:
            found = modes.pixels(middle(image, shape, max_pixels), shape)
            turned = orientation.upright_size(image, orientation.turn_of(image)) != image.size
            whole = (stored[1], stored[0]) if turned else stored
            box = crop_box(whole, scaled_size(whole, shape, max_pixels), shape)
            return Prepared(found, Placement(whole, box, (0, 0, shape.size, shape.size)))
        except DECODE_ERRORS:
            raise unreadable.undecodable(encoded) from None


def open_image(
    encoded: bytes, max_pixels: int, readable: tuple[str, ...] = formats.DEFAULT
) -> Image.Image:
    """The picture with only its header read, when its format and its size are allowed."""
    tiff.check_directory(encoded)
    try:
        image = Image.open(io.BytesIO(encoded), formats=formats.of_pillow(readable))
    except UnidentifiedImageError:
        raise unreadable.unidentified(encoded, readable) from None
    except DECODE_ERRORS:
        raise unreadable.undecodable(encoded) from None
    check(image, encoded, max_pixels)
    return image


def check(image: Image.Image, encoded: bytes, max_pixels: int) -> None:
    """Return only if decoding the picture is a matter of moments, and has one outcome."""
    if image.width * image.height > max_pixels:
        raise problems.ContentTooLarge(
            f"The picture has {image.width} x {image.height} pixels, more than {max_pixels:,}. "
            "Send a smaller one."
        )
    if (
        isinstance(image, JpegImagePlugin.JpegImageFile)
        and decode_memory.is_kept_whole(image, encoded)
        and jpeg_frame.has_too_many_scans(encoded)
    ):
        raise problems.UnprocessableContent(
            f"The JPEG picture has more than {jpeg_frame.MAX_SCANS} scans. Save it anew."
        )
    tiff.check(image)


def middle(image: Image.Image, shape: Input, max_pixels: int) -> Image.Image:
    """The middle of the picture, decoded, upright, and of the model's size and channels.

    A large picture is turned and converted a band at a time, so that there is no other of its size.
    """
    turn = orientation.turn_of(image)
    size = orientation.upright_size(image, turn)
    box = crop_box(size, scaled_size(size, shape, max_pixels), shape)
    picture, mode = decoded(image), modes.BY_CHANNELS[shape.channels]
    if (modes.is_in(mode, picture) and turn is None) or size[0] * size[1] <= resize.BAND_PIXELS:
        whole = modes.converted(orientation.upright(picture, turn), mode)
        return resize.crop(whole, box, shape.size, shape.interpolation)

    def part(box: resize.Box) -> Image.Image:
        return modes.converted(orientation.upright_part(picture, turn, box), mode)

    return resize.crop_in_bands(size, part, box, shape.size, shape.interpolation)


def decoded(image: Image.Image) -> Image.Image:
    """The picture with its pixels."""
    if isinstance(image, WebPImagePlugin.WebPImageFile):
        return decoded_webp(image)
    image.load()
    if image.mode == "P" and image.palette is None:
        raise ValueError("a palette is missing")
    return image


def decoded_webp(image: WebPImagePlugin.WebPImageFile) -> Image.Image:
    """A WebP's first frame, in the memory that libwebp gave it.

    Pillow's own `load` copies it once more, and keeps the decoder's two canvases meanwhile.
    """
    try:
        frame, _ = image._decoder.get_next()  # noqa: SLF001  # no public name leads to it
    finally:
        del image._decoder  # noqa: SLF001  # its canvases with it
    return Image.frombuffer(image.rawmode, image.size, frame, "raw", image.rawmode, 0, 1)


def scaled_size(size: resize.Size, shape: Input, max_pixels: int) -> resize.Size:
    """The size to resize to: the short side becomes `resize`, the other keeps the proportion.

    Source: torchvision.transforms.functional.resize, whose rounding this is.

    Raises:
        ContentTooLarge: so long and thin that it would grow past `max_pixels`.
    """
    short = min(size)
    width, height = (int(shape.resize * side / short) for side in size)
    if width * height > max_pixels:
        raise problems.ContentTooLarge(
            f"A picture of {size[0]} x {size[1]} pixels is too long and thin. Crop it."
        )
    return width, height


def crop_box(size: resize.Size, scaled: resize.Size, shape: Input) -> resize.Box:
    """The part of the picture that is left when it is resized and its middle cut out.

    Source: torchvision.transforms.functional.center_crop, whose rounding this is.
    """
    edges = []
    for side, short in zip(size, scaled, strict=True):
        first = round((short - shape.size) / 2)
        edges.append((first * side / short, min((first + shape.size) * side / short, side)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
