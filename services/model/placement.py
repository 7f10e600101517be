"""Where a picture lies in a model's input, so that what is found there is found in the picture.

What each `fit` of an input means is here: `of` finds the place, and decode.py puts it there.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from passerelle.artifact.card import CROP_SHARE, Input
from passerelle.protocol import problems
from services.model.resize import Box, Size


@dataclasses.dataclass(frozen=True)
class Placement:
    """A picture, cut, resized and set into the input; nothing is turned or mirrored by it.

    The `taken` box of the picture became the `filled` box of the input. Around that there may be
    a border.
    """

    picture: Size  # width and height of the picture as it was sent, turned upright, in pixels
    taken: Box  # left, top, right, bottom in pixels of the picture
    filled: Box  # the same, in pixels of the input; whole ones

    @property
    def size(self) -> Size:
        """The width and the height that the picture is resized to, in pixels."""
        left, top, right, bottom = self.filled
        return round(right - left), round(bottom - top)

    @property
    def corner(self) -> tuple[int, int]:
        """The first column and row of the input that the picture fills."""
        return round(self.filled[0]), round(self.filled[1])

    def in_original(self, picture: Size, factor: int) -> "Placement":
        """The same for a picture that was decoded `factor` times smaller than it is."""
        left, top, right, bottom = (factor * edge for edge in self.taken)
        return Placement(picture, (left, top, right, bottom), self.filled)

    def to_picture(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Boxes (n, 4) of the input as boxes of the picture, cut off at its edges.

        Each is left, top, right, bottom in pixels.
        """
        (left, top, right, bottom), (x, y, to_x, to_y) = self.taken, self.filled
        scale = np.array([(right - left) / (to_x - x), (bottom - top) / (to_y - y)] * 2)
        moved = (boxes - np.array([x, y] * 2)) * scale + np.array([left, top] * 2)
        cut: npt.NDArray[np.float32] = np.clip(moved, 0, np.array(self.picture * 2))
        return cut.astype(np.float32)


def of(size: Size, shape: Input, max_pixels: int) -> Placement:
    """Where an upright picture of that width and height goes in a model's input.

    Raises:
        ContentTooLarge: so long and thin that it would grow past `max_pixels` on the way.
    """
    return Placement(size, *_FITS[shape.fit](size, shape, max_pixels))


def scaled_size(size: Size, shape: Input) -> Size:
    """The width and the height that a picture is scaled to, before anything is cut off.

    Source: torchvision.transforms.functional.resize, whose rounding this is for `crop`.
    """
    (width, height), (rows, columns) = size, shape.size
    if shape.fit == "squash":
        return columns, rows
    if shape.fit == "letterbox":
        factor = min(columns / width, rows / height)
        return max(round(width * factor), 1), max(round(height * factor), 1)
    if isinstance(shape.resize, tuple):
        return shape.resize[1], shape.resize[0]
    across, down = [shape.resize or round(side / CROP_SHARE) for side in (columns, rows)]
    if width * down < height * across:
        return across, int(across * height / width)
    return int(down * width / height), down


def _cropped(size: Size, shape: Input, max_pixels: int) -> tuple[Box, Box]:
    """The middle is taken, and fills the input.

    Source: torchvision.transforms.functional.center_crop, whose rounding this is.
    """
    scaled = scaled_size(size, shape)
    if isinstance(shape.resize, tuple):
        _refuse_squashed(size, shape, max_pixels)
    else:
        _refuse_thin(size, scaled[0] * scaled[1], max_pixels)
    edges = []
    for side, whole, kept in zip(size, scaled, shape.size[::-1], strict=True):
        first = round((whole - kept) / 2)
        edges.append((first * side / whole, min((first + kept) * side / whole, side)))
    (left, right), (top, bottom) = edges
    return (left, top, right, bottom), _whole(shape.size[::-1])


def _squashed(size: Size, shape: Input, max_pixels: int) -> tuple[Box, Box]:
    """All of it is taken, and fills the input."""
    _refuse_squashed(size, shape, max_pixels)
    return _whole(size), _whole(shape.size[::-1])


def _letterboxed(size: Size, shape: Input, _: int) -> tuple[Box, Box]:
    """All of it is taken, and fills the middle of the input."""
    (width, height), (rows, columns) = scaled_size(size, shape), shape.size
    left, top = (columns - width) // 2, (rows - height) // 2
    return _whole(size), (left, top, left + width, top + height)


_FITS = {"crop": _cropped, "squash": _squashed, "letterbox": _letterboxed}


def _whole(size: Size) -> Box:
    """All that has that width and height."""
    return 0, 0, *size


def _refuse_squashed(size: Size, shape: Input, max_pixels: int) -> None:
    """Return only if a picture is no larger on its way than before and after.

    Raises:
        ContentTooLarge
    """
    (width, height), (rows, columns) = size, shape.size
    halfway = max(width * rows, columns * height)  # one axis resized, and the other not yet
    _refuse_thin(size, halfway if halfway > rows * columns else 0, max_pixels)


def _refuse_thin(size: Size, pixels: int, max_pixels: int) -> None:
    """Return only if a picture doesn't become so many pixels on its way.

    Raises:
        ContentTooLarge
    """
    if pixels > max_pixels:
        raise problems.ContentTooLarge(
            f"A picture of {size[0]} x {size[1]} pixels is too long and thin. Crop it."
        )
