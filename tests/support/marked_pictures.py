"""Photographs with text drawn in them, and where that is."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tests.support import stack

# Of each photograph the texts, where each begins, and how high its letters are, in pixels.
TEXTS = {
    "chelsea.png": [("Passerelle", (20, 20), 36), ("the cat sleeps", (200, 250), 28)],
    "coffee.png": [("Espresso", (30, 30), 40), ("fresh every morning", (250, 350), 30)],
}
Boxes = npt.NDArray[np.float64]  # (n, 4): left, top, right, bottom in pixels


def with_text(name: str) -> tuple[Image.Image, Boxes]:
    """A photograph with its texts, and the boxes of these."""
    image = Image.open(stack.PICTURES / name).convert("RGB")
    draw, boxes = ImageDraw.Draw(image), []
    for text, at, height in TEXTS[name]:
        font = ImageFont.load_default(height)
        draw.text(at, text, font=font, fill="white", stroke_width=2, stroke_fill="black")
        boxes.append(draw.textbbox(at, text, font=font, stroke_width=2))
    return image, np.array(boxes)


def png(image: Image.Image) -> bytes:
    """A picture as a PNG."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
