"""An encoded picture -> the model's pixels: decode, turn upright, convert, crop, resize."""

import contextlib
import dataclasses
import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
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
    placement,
    png_chunks,
    resize,
    tensors,
    tiff,
    unreadable,
)  # fmt: skip
from services.model.placement import Placement
from services.model.tensors import Tensors

MAX_PIXELS = 10**9  # of a picture that is decoded already
DRAFT_FACTOR = 4  # a JPEG decoded at a fraction keeps so many times the size it is resized to
DECODE_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error,
    ArithmeticError, AttributeError, LookupError, TypeError,  # of tags and lengths of another kind
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
    """A picture as a model's input."""

    pixels: Pixels  # (height, width, channels) uint8, channels in the model's order
    placement: Placement  # of the picture, as it was sent, in the input

    @property
    def inputs(self) -> Tensors:
        """What goes into the engine."""
        return {tensors.PIXELS: self.pixels[np.newaxis]}


def prepare(
    encoded: bytes,
    shape: Input,
    max_pixels: int,
    reserve: Reserve = memory_budget.UNLIMITED.reserve,
    readable: tuple[str, ...] = formats.DEFAULT,
) -> Prepared:
    """The picture fitted into the model's input, ready for an engine, and where it lies there.

    `reserve` waits until there is the memory that decoding takes, and holds it meanwhile.
    `readable` are the formats that are read, by their words in `formats`.

    Raises:
        UnsupportedMediaType: of no such format, or of an unusual kind of one.
        ContentTooLarge: more than `max_pixels`.
        UnprocessableContent: of such a format, but broken or cut short.
        What `reserve` raises.
    """
    image = open_image(encoded, max_pixels, readable)
    sent, factor = image.size, draft(image, shape)
    needed = decode_memory.needed(image, encoded, shape)
    with reserve(needed), contextlib.closing(image):
        try:
            turn = orientation.turn_of(image)
            found = turned(image, turn, shape, max_pixels)
        except DECODE_ERRORS:
            raise unreadable.undecodable(encoded) from None
    where = found.placement.in_original(orientation.upright_size(sent, turn), factor)
    return Prepared(found.pixels, where)


def turned(image: Image.Image, turn: orientation.Turn, shape: Input, max_pixels: int) -> Prepared:
    """A picture that is stored in another orientation, fitted into the model's input.

    Raises:
        ContentTooLarge: so long and thin that it would grow past `max_pixels` on the way.
        DECODE_ERRORS
    """
    where = placement.of(orientation.upright_size(image.size, turn), shape, max_pixels)
    return Prepared(modes.pixels(resized(image, turn, where, shape), shape, where.corner), where)


def fitted(image: Image.Image, shape: Input) -> Prepared:
    """A picture that is decoded already, fitted in the same way."""
    where = placement.of(image.size, shape, MAX_PIXELS)
    whole = modes.converted(image, modes.BY_CHANNELS[shape.channels])
    found = resize.crop(whole, where.taken, where.size, shape.interpolation)
    return Prepared(modes.pixels(found, shape, where.corner), where)


@contextlib.contextmanager
def whole(
    encoded: bytes,
    max_pixels: int,
    reserve: Reserve = memory_budget.UNLIMITED.reserve,
    readable: tuple[str, ...] = formats.DEFAULT,
) -> Iterator[Image.Image]:
    """The whole picture, upright and in RGB, whose memory is held as long as the block runs.

    Raises:
        As `prepare`.
    """
    image = open_image(encoded, max_pixels, readable)
    with reserve(decode_memory.of_whole(image, encoded)), contextlib.closing(image):
        try:
            upright = orientation.upright(decoded(image), orientation.turn_of(image))
            found = modes.converted(upright, "RGB")
        except DECODE_ERRORS:
            raise unreadable.undecodable(encoded) from None
        yield found


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


def draft(image: Image.Image, shape: Input) -> int:
    """Have a JPEG decoded at a fraction of its size, which is quicker, and is enough.

    Gives the factor by which it becomes smaller: 1, 2, 4 or 8, and 1 for any other format.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return 1
    turn = orientation.turn_of(image)
    wanted = placement.scaled_size(orientation.upright_size(image.size, turn), shape)
    width, height = orientation.upright_size(wanted, turn)
    image.draft(None, (DRAFT_FACTOR * width, DRAFT_FACTOR * height))
    return image.decoderconfig[0] if image.decoderconfig else 1


def resized(
    image: Image.Image, turn: orientation.Turn, where: Placement, shape: Input
) -> Image.Image:
    """The part that is taken of the picture, decoded, upright, in its size and the model's mode.

    A large picture is turned and converted a band at a time, so that there is no other of its size.
    """
    picture, mode = decoded(image), modes.BY_CHANNELS[shape.channels]
    width, height = where.picture
    if (modes.is_in(mode, picture) and turn is None) or width * height <= resize.BAND_PIXELS:
        whole = modes.converted(orientation.upright(picture, turn), mode)
        return resize.crop(whole, where.taken, where.size, shape.interpolation)

    def part(box: resize.Box) -> Image.Image:
        return modes.converted(orientation.upright_part(picture, turn, box), mode)

    return resize.crop_in_bands(where.picture, part, where.taken, where.size, shape.interpolation)


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
