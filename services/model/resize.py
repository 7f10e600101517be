"""Cut a part out of a picture and resize it to the size that it has in the model's input.

The filters are Pillow's, which widen as they shrink a picture, so that no pixel is skipped. Where
cykooz_resizer has a wheel it runs them with the processor's vector instructions, in a fifth of
the time; docs/speed.md says how little its answers differ.

Both resize one axis and then the other, with pixels of 8 bits between the two. So a picture can
be given in bands, each resized along the first axis by itself, and nothing changes by a bit.
"""

import importlib
import math
import threading
from collections.abc import Callable
from typing import Any

from PIL import Image

cykooz: Any
try:
    cykooz = importlib.import_module("cykooz_resizer")
except ImportError:
    cykooz = None

Size = tuple[int, int]  # width, height in pixels
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

PILLOW_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
CYKOOZ_FILTERS = {"bilinear": "bilinear", "bicubic": "catmull_rom"}  # its names for Pillow's
REACH = 2  # pixels of the resized picture that the wider filter, bicubic, looks to either side

BAND_PIXELS = 1 << 18  # of a picture that is given in bands: what a processor's cache holds


class _Thread(threading.local):
    """What a thread has for itself: a resizer, with the memory that it works in."""

    resizer: Any

    def __init__(self) -> None:
        self.resizer = cykooz.Resizer() if cykooz else None


_thread = _Thread()


def crop(image: Image.Image, box: Box, size: Size, interpolation: str) -> Image.Image:
    """The box of a picture in that size. Its mode is L, RGB or RGBa, and stays."""
    left, _, right, _ = box
    if cykooz is not None and right - left < size[0] + 1:
        # It would read outside the picture: it takes the first pixel's columns for the leftmost
        # ones and the last one's for the rightmost, which they aren't where pixels overlap.
        return crop_in_bands(image.size, image.crop, box, size, interpolation)
    return _resize(image, box, size, interpolation)


def crop_in_bands(
    picture: Size, part: Callable[[Box], Image.Image], box: Box, size: Size, interpolation: str
) -> Image.Image:
    """The same of a picture that is never whole in memory: `part` gives any box of it."""
    if _vertical_first(picture, size):
        return _crop_in_columns(picture, part, box, size, interpolation)

    def transposed(box: Box) -> Image.Image:
        return part(_transpose(box)).transpose(Image.Transpose.TRANSPOSE)

    made = _crop_in_columns(picture[::-1], transposed, _transpose(box), size[::-1], interpolation)
    return made.transpose(Image.Transpose.TRANSPOSE)


def _crop_in_columns(
    picture: Size, part: Callable[[Box], Image.Image], box: Box, size: Size, interpolation: str
) -> Image.Image:
    """Each band of columns resized along the vertical axis, and all of them along the other."""
    (width, height), (columns, rows) = picture, size
    left, top, right, bottom = box
    reach = math.ceil(REACH * max((right - left) / columns, 1)) + 1
    begin, end = max(math.floor(left) - reach, 0), min(math.ceil(right) + reach, width)
    step = max(BAND_PIXELS // height, 1)
    for first in range(begin, end, step):
        last = min(first + step, end)
        band = part((first, 0, last, height))
        if first == begin:
            strip = Image.new(band.mode, (width, rows), None)  # filled from `begin` to `end`
        around = (0, top, last - first, bottom)
        strip.paste(_resize(band, around, (last - first, rows), interpolation), (first, 0))
    return _resize(strip, (left, 0, right, rows), size, interpolation)


def _transpose(box: Box) -> Box:
    left, top, right, bottom = box
    return top, left, bottom, right


def _vertical_first(picture: Size, size: Size) -> bool:
    """Whether the vertical axis is resized first.

    cykooz_resizer always does so, Pillow where the height shrinks by far more than the width.
    """
    if cykooz is not None:
        return True
    shrinks_x, shrinks_y = (before - after for before, after in zip(picture, size, strict=True))
    return shrinks_y > max(2 * shrinks_x, 0)


def _resize(image: Image.Image, box: Box, size: Size, interpolation: str) -> Image.Image:
    """The box of a picture, resized; an axis that keeps its size is not touched."""
    if cykooz is None:
        return image.resize(size, PILLOW_FILTERS[interpolation], box)
    left, top, right, bottom = box
    filter_type = cykooz.FilterType[CYKOOZ_FILTERS[interpolation]]
    options = cykooz.ResizeOptions(
        resize_alg=cykooz.ResizeAlg.convolution(filter_type),
        crop_box=cykooz.CropBox(left, top, right - left, bottom - top),
    )
    resized = Image.new(image.mode, size)
    _thread.resizer.resize_pil(image, resized, options)
    return resized
