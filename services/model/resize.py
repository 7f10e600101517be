"""Resize a picture's middle to the model's size.

The filters are Pillow's, which widen as they shrink a picture, so that no pixel is skipped. Where
cykooz_resizer has a wheel it runs them with the processor's vector instructions, in a fifth of
the time; docs/speed.md says how little its answers differ.
"""

import importlib
import threading
from typing import Any

from PIL import Image

fast: Any
try:
    fast = importlib.import_module("cykooz_resizer")
except ImportError:
    fast = None

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

SLOW = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
FAST = {"bilinear": "bilinear", "bicubic": "catmull_rom"}  # which is how Pillow's is called there


class Own(threading.local):
    """What a thread has for itself: a resizer, with the memory that it works in."""

    resizer: Any

    def __init__(self) -> None:
        self.resizer = fast.Resizer() if fast else None


own = Own()


def middle(image: Image.Image, box: Box, size: int, interpolation: str) -> Image.Image:
    """The box of an RGB picture as (size, size)."""
    if fast is None:
        return image.resize((size, size), SLOW[interpolation], box)
    return quickly(image, box, size, interpolation)


def quickly(image: Image.Image, box: Box, size: int, interpolation: str) -> Image.Image:
    """The same with vector instructions."""
    left, top, right, bottom = box
    filter_type = fast.FilterType[FAST[interpolation]]
    options = fast.ResizeOptions(
        resize_alg=fast.ResizeAlg.convolution(filter_type),
        crop_box=fast.CropBox(left, top, right - left, bottom - top),
    )
    resized = Image.new("RGB", (size, size))
    own.resizer.resize_pil(image, resized, options)
    return resized
