"""A part of a picture: cut out by its box at full resolution, and prepared like a picture itself.

The picture is decoded once for all of its parts, as it is stored: a part alone is turned and
converted.
"""

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence

from PIL import Image

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from passerelle.server.pictures.boxes import Box
from services.model import (
    decode,
    decode_memory,
    formats,
    memory_budget,
    modes,
    orientation,
    unreadable,
)
from services.model.resize import Size


@dataclasses.dataclass(frozen=True)
class Decoded:
    """A decoded picture, as it is stored."""

    image: Image.Image
    turn: orientation.Turn
    encoded: bytes  # from which it was decoded

    @property
    def size(self) -> Size:
        """The width and the height of the upright picture."""
        return orientation.upright_size(self.image.size, self.turn)


@dataclasses.dataclass(frozen=True)
class Region:
    """The part of a picture in a box: all pixels that the box touches."""

    decoded: Decoded
    box: Box  # in pixels of the upright picture

    def prepared(self, shape: Input, max_pixels: int) -> decode.Prepared:
        """The part, fitted into a model's input.

        Raises:
            UnprocessableContent: there is nothing in the box.
            ContentTooLarge: so long and thin that it would grow past `max_pixels` on the way.
        """
        try:
            return decode.turned(self._cut(), self.decoded.turn, shape, max_pixels)
        except decode.DECODE_ERRORS:
            raise unreadable.undecodable(self.decoded.encoded) from None

    def whole(self) -> Image.Image:
        """The part, upright and in RGB.

        Raises:
            UnprocessableContent: there is nothing in the box.
        """
        try:
            return modes.converted(orientation.upright(self._cut(), self.decoded.turn), "RGB")
        except decode.DECODE_ERRORS:
            raise unreadable.undecodable(self.decoded.encoded) from None

    def _cut(self) -> Image.Image:
        """The part of the stored picture."""
        decoded = self.decoded
        inside = clipped(self.box, decoded.size)
        left, top, right, bottom = orientation.stored_box(decoded.image.size, decoded.turn, inside)
        return decoded.image.crop((left, top, right, bottom))


Picture = bytes | Region  # a file, or a part of one that is decoded already


@contextlib.contextmanager
def decoded(  # noqa: PLR0913, PLR0917  # the limits of a picture
    encoded: bytes,
    boxes: Sequence[Box],
    shape: Input,
    max_pixels: int,
    reserve: decode.Reserve = memory_budget.UNLIMITED.reserve,
    readable: tuple[str, ...] = formats.DEFAULT,
    *,
    is_whole: bool = False,
) -> Iterator[Decoded]:
    """The picture, whose memory is held as long as the block runs, with that of one part at a time.

    `is_whole` says that a part is wanted in RGB, beside the model's input.

    Raises:
        As `decode.prepare`.
    """
    image = decode.open_image(encoded, max_pixels, readable)
    sizes = [largest(each, image.size) for each in boxes]
    needed = decode_memory.of_parts(image, encoded, shape, sizes, is_whole=is_whole)
    with reserve(needed), contextlib.closing(image):
        try:
            turn = orientation.turn_of(image)
            found = decode.decoded(image)
        except decode.DECODE_ERRORS:
            raise unreadable.undecodable(encoded) from None
        yield Decoded(found, turn, encoded)


def largest(box: Box, size: Size) -> Size:
    """The width and the height that a box has at most, whichever way the picture is turned."""
    side = max(size)
    width = min(max(box.xmax - box.xmin, 0), side)
    height = min(max(box.ymax - box.ymin, 0), side)
    return min(math.ceil(width) + 1, side), min(math.ceil(height) + 1, side)


def clipped(box: Box, size: Size) -> tuple[int, int, int, int]:
    """All pixels of a picture of that size which a box touches: left, top, right, bottom.

    Raises:
        UnprocessableContent: there are none.
    """
    if box.xmin >= box.xmax or box.ymin >= box.ymax:
        raise problems.UnprocessableContent(
            f"The box from {box.xmin:g}, {box.ymin:g} to {box.xmax:g}, {box.ymax:g} is empty. "
            "Write xmin below xmax, and ymin below ymax."
        )
    width, height = size
    left, top = (math.floor(max(each, 0)) for each in (box.xmin, box.ymin))
    right, bottom = math.ceil(min(box.xmax, width)), math.ceil(min(box.ymax, height))
    if left >= right or top >= bottom:
        raise problems.UnprocessableContent(
            f"The box from {box.xmin:g}, {box.ymin:g} to {box.xmax:g}, {box.ymax:g} lies beside "
            f"the picture, which has {width} x {height} pixels upright. Write a box within it."
        )
    return left, top, right, bottom
