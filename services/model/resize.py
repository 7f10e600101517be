"""Cut a part out of a picture and resize it to the model's size.

The filters are Pillow's, which widen as they shrink a picture, so that no pixel is skipped. Where
cykooz_resizer has a wheel it runs them with the processor's vector instructions, in a fifth of
the time; docs/speed.md says how little its answers differ.
"""

import importlib
import threading
from typing import Any

from PIL import Image

cykooz: Any
try:
    cykooz = importlib.import_module("cykooz_resizer")
except ImportError:
    cykooz = None

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

PILLOW_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
CYKOOZ_FILTERS = {"bilinear": "bilinear", "bicubic": "catmull_rom"}  # its names for Pillow's


class _Thread(threading.local):
    """What a thread has for itself: a resizer, with the memory that it works in."""

    resizer: Any

    def __init__(self) -> None:
        self.resizer = cykooz.Resizer() if cykooz else None


_thread = _Thread()


def crop(image: Image.Image, box: Box, size: int, interpolation: str) -> Image.Image:
    """The box of an RGB picture as (size, size)."""
    if cykooz is None:
        return image.resize((size, size), PILLOW_FILTERS[interpolation], box)
    return _crop_with_cykooz(image, box, size, interpolation)


def _crop_with_cykooz(image: Image.Image, box: Box, size: int, interpolation: str) -> Image.Image:
    """The same by cykooz_resizer."""
    left, top, right, bottom = box
    filter_type = cykooz.FilterType[CYKOOZ_FILTERS[interpolation]]
    options = cykooz.ResizeOptions(
        resize_alg=cykooz.ResizeAlg.convolution(filter_type),
        crop_box=cykooz.CropBox(left, top, right - left, bottom - top),
    )
    resized = Image.new("RGB", (size, size))
    _thread.resizer.resize_pil(image, resized, options)
    return resized
