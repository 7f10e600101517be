"""Odd pictures, made of real ones of every format, through the decoder of the services."""

import contextlib
import io
import random
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

from passerelle.artifact.card import Input
from services.model import decode, formats
from tests.fuzz import mutation
from tests.support import stack

SHAPE = Input((64, 64), 72, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
SIZE = (120, 90)
SLACK = 64_000_000  # bytes that the process may grow by beside what was reserved
EXIF = 0x0112  # the orientation's tag
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("RGB", "JPEG", {"quality": 60}),
    ("RGB", "JPEG", {"progressive": True}),
    ("CMYK", "JPEG", {}),
    ("L", "JPEG", {}),
    ("RGB", "PNG", {}),
    ("RGBA", "PNG", {}),
    ("P", "PNG", {"transparency": 3}),
    ("I;16", "PNG", {}),
    ("1", "PNG", {}),
    ("RGB", "WEBP", {"quality": 50}),
    ("RGBA", "WEBP", {"lossless": True}),
    ("P", "GIF", {}),
    ("RGB", "BMP", {}),
    ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    ("L", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("RGB", "TIFF", {"compression": "jpeg"}),
    ("1", "TIFF", {"compression": "group4"}),
    ("CMYK", "TIFF", {}),
    ("RGB", "AVIF", {"speed": 10, "quality": 30}),
]


def originals() -> list[bytes]:
    """A small real picture in each kind of file."""
    with Image.open(stack.PICTURES / "chelsea.png") as cat:
        small = cat.convert("RGB").resize(SIZE)
    return [saved(small, *kind) for kind in KINDS]


def saved(picture: Image.Image, mode: str, form: str, options: dict[str, Any]) -> bytes:
    """The picture in a mode, turned by its EXIF where the format has that."""
    grey = picture.convert("L")
    image = grey.convert("I").point(lambda v: v * 256).convert(mode) if mode == "I;16" else (
        picture.convert(mode)
    )  # fmt: skip
    exif, out = Image.Exif(), io.BytesIO()
    exif[EXIF] = 6
    with_exif = {"exif": exif} if form in {"JPEG", "PNG", "WEBP", "TIFF", "AVIF"} else {}
    image.save(out, form, **options, **with_exif)
    return out.getvalue()


class Pictures:
    """The decoder, with a limit of pixels."""

    refusals: ClassVar[frozenset[int]] = frozenset({413, 415, 422})

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels, self._originals = max_pixels, originals()
        self._reserved = 0

    def made(self, chance: random.Random) -> bytes:
        """An odd picture."""
        return mutation.mutated(chance.choice(self._originals), self._originals, chance)

    def read(self, content: bytes) -> None:
        """Decode it; the process may grow by what was reserved."""
        self._reserved = 0
        before = peak_since_now()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                decode.prepare(
                    content, SHAPE, self._max_pixels, self._reserve, tuple(formats.NAMES)
                )
            finally:
                grown = status("VmHWM") - before
        assert grown < self._reserved + SLACK, f"{grown:,} bytes, {self._reserved:,} reserved"

    @contextlib.contextmanager
    def _reserve(self, size: int) -> Iterator[None]:
        self._reserved = max(self._reserved, size)
        yield


def peak_since_now() -> int:
    """The bytes that this process is resident in, from which its peak begins anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(name: str) -> int:
    """A field of this process's status, in bytes."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024
