"""A decoded picture's mode -> the one that the model's channels ask for."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from passerelle.artifact.card import Input

# The mode that a picture is resized in, by the model's channels. Pixels with alpha are resized as
# Pillow and torchvision do it, their colours multiplied by it, so that none shows that is unseen.
BY_CHANNELS = {1: "L", 3: "RGB", 4: "RGBa"}

Pixels = npt.NDArray[np.uint8]


def is_in(mode: str, image: Image.Image) -> bool:
    """Whether the picture can be resized as it is."""
    return image.mode == mode and not image.has_transparency_data


def converted(image: Image.Image, mode: str) -> Image.Image:
    """Any mode as one of BY_CHANNELS: 16-bit values scaled to 8, transparent pixels on white.

    Where the mode has alpha, they stay transparent.
    """
    if image.mode.startswith("I"):
        image = _in_8_bits(image)
    if image.mode == "La":  # a TIFF's
        image = image.convert("LA")
    if mode == "RGBa":
        return image.convert("RGBA").convert(mode)
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"))
    return image if image.mode == mode else image.convert(mode)


def _in_8_bits(image: Image.Image) -> Image.Image:
    """A picture of 16-bit greys in 8 bits; one that is transparent becomes alpha."""
    values, transparent = np.asarray(image), image.info.get("transparency")
    scaled = Image.fromarray((values >> 8).astype(np.uint8))
    if isinstance(transparent, int):
        scaled.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return scaled


def _on_white(image: Image.Image) -> Image.Image:
    """A picture with alpha as it looks on white."""
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image)
    return ground


def pixels(image: Image.Image, shape: Input, corner: tuple[int, int] = (0, 0)) -> Pixels:
    """The pixels of a picture in the model's mode, as (height, width, channels) of its input.

    A picture that is smaller has its first column and row at `corner`, and a border around it.
    """
    whole = image.convert("RGBA") if image.mode == "RGBa" else image
    packed = "BGR" if shape.order == "bgr" else whole.mode
    flat = np.frombuffer(whole.tobytes("raw", packed), np.uint8)
    found = flat.reshape(whole.height, whole.width, shape.channels)
    if found.shape == shape.shape:
        return found.copy()  # since a buffer can't be written to, which torch warns of
    framed = np.full(shape.shape, shape.pad, np.uint8)
    x, y = corner
    framed[y : y + whole.height, x : x + whole.width] = found
    return framed
