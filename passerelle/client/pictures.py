"""A picture, however the caller has it, as the bytes of a file.

Neither Pillow nor numpy is needed: an image or an array of theirs can't be given before its package
was imported, so that only packages which are there already are asked.
"""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from passerelle.client import errors, png

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

Picture: TypeAlias = Union[bytes, bytearray, memoryview, Path, "Image", "npt.NDArray[Any]"]

PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")  # Pillow's, which a PNG can hold
PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA", "PA": "RGBA"}  # what holds the same, transparency too
ARRAY = "(height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA of uint8"


def content(picture: Picture) -> bytes:
    """The bytes of a JPEG, PNG or WebP: given as they are, read from a file, or made a PNG.

    An image of Pillow's is turned as its EXIF says, as a gateway turns a file. An array is (height,
    width) grey, (height, width, 3) RGB or (height, width, 4) RGBA, of uint8.

    Raises:
        errors.InvalidRequest: the file can't be read, or it is no picture; the text says why.
    """
    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(picture)
    if isinstance(picture, Path):
        return _of_file(picture)
    if isinstance(picture, _class("PIL.Image", "Image")):
        return _of_image(picture)
    if isinstance(picture, _class("numpy", "ndarray")):
        return png.encode(_pixels(picture))
    hint = f" Write Path({picture!r}) for a file." if isinstance(picture, str) else ""
    raise errors.InvalidRequest(
        "A picture is given as bytes, a pathlib.Path, a PIL image or a numpy array, "
        f"not as {type(picture).__name__}.{hint}"
    )


def _class(module: str, name: str) -> Any:
    """A class of a module that was imported by someone; else a class that nothing is of."""
    return getattr(sys.modules.get(module), name, _Absent)


class _Absent:
    """Nothing is of this class."""


def _of_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise errors.InvalidRequest(f"{path} can't be read: {error.strerror}.") from error


def _of_image(image: "Image") -> bytes:
    """An image of Pillow's as a PNG, without what it has beside its pixels."""
    from PIL import ImageOps

    if image.mode == "F":
        raise errors.InvalidRequest(
            "An image of mode F has no darkest and no brightest value. Make it L or RGB."
        )
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.mode not in PNG_MODES:
            upright = upright.convert(PREMULTIPLIED.get(upright.mode, "RGB"))
        file = io.BytesIO()
        upright.save(file, "PNG", compress_level=png.LEVEL, icc_profile=None)
    except (OSError, ValueError, SyntaxError) as error:  # of a file that is read only now
        raise errors.InvalidRequest(f"The image can't be sent as a PNG: {error}.") from error
    return file.getvalue()


def _pixels(array: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    """An array as (height, width, channels)."""
    pixels = array[..., None] if array.ndim == 2 else array
    is_picture = pixels.ndim == 3 and pixels.shape[-1] in png.COLOUR_TYPES and pixels.size
    if not is_picture or array.dtype != "uint8":
        raise errors.InvalidRequest(
            f"An array of a picture is {ARRAY}; this is {array.shape} of {array.dtype}."
        )
    return pixels
