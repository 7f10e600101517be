"""The file of a picture that is kept: its name, which holds nothing of a client's, and its kind."""

import datetime
import re

NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{12}\.(jpg|png|webp)", re.ASCII)
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def kind(content: bytes) -> str:
    """The ending of a picture's name by how its content begins; empty for what isn't kept.

    Those are the formats that `passerelle evaluate` and a calibration read.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


def new_stem(seconds: float, chance: bytes) -> str:
    """A name without its ending, by the time since 1970 and some random bytes: the oldest first."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{moment:%Y%m%dT%H%M%S%f}-{chance[:6].hex()}"


def is_name(text: str) -> bool:
    """Whether a text is the name of such a file."""
    return NAME.fullmatch(text) is not None


def media_type(name: str) -> str:
    """What a file of such a name holds."""
    return MEDIA_TYPES[name.rpartition(".")[2]]
