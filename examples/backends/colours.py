"""What every service here serves: the colours that a picture's mean is nearest to, by name."""

import io
from typing import Any

from PIL import Image, UnidentifiedImageError

PALETTE = {
    "black": (0, 0, 0), "blue": (0, 0, 255), "brown": (139, 69, 19), "green": (0, 128, 0),
    "grey": (128, 128, 128), "orange": (255, 165, 0), "purple": (128, 0, 128), "red": (255, 0, 0),
    "white": (255, 255, 255), "yellow": (255, 255, 0),
}  # fmt: skip
SHOWN = 3  # colours of an answer


class NoPictureError(ValueError):
    """What was sent is no picture."""


def find(encoded: bytes) -> list[dict[str, Any]]:
    """The colours of an encoded picture, the nearest first, with scores that add up to 1.

    Raises:
        NoPictureError
    """
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            mean = image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    except (UnidentifiedImageError, OSError):
        raise NoPictureError("This is no picture. Send a JPEG or PNG.") from None
    nearness = {name: 1 / (1 + distance(mean, colour)) for name, colour in PALETTE.items()}
    total = sum(nearness.values())
    found = [
        {"class_id": number, "label": name, "score": round(nearness[name] / total, 6)}
        for number, name in enumerate(PALETTE)
    ]
    return sorted(found, key=lambda each: -each["score"])[:SHOWN]


def distance(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    """How far two colours are apart."""
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
