"""The picture files of a folder, and how it is said what is wrong with them or their labels."""

from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
MAX_NAMED = 10  # problems


class PicturesError(Exception):
    """A folder that nothing can be measured on; the text says why and what to do."""


def files(folder: Path) -> list[Path]:
    """All picture files under a folder, by name.

    Raises:
        PicturesError: there is no such folder, or it can't be read.
    """
    try:
        found = sorted(file for file in folder.rglob("*") if is_picture(file.relative_to(folder)))
        if not folder.is_dir():
            raise PicturesError(f"{folder} is no folder; name one that holds pictures.")
    except OSError as error:
        raise PicturesError(f"{folder} can't be read: {error}") from None
    return found


def is_picture(file: Path) -> bool:
    """Whether a file, named from the folder on, is one: not hidden, and named like a picture."""
    return file.suffix.lower() in SUFFIXES and not any(part[0] == "." for part in file.parts)


def upright_size(file: Path) -> tuple[int, int] | None:
    """The width and height in pixels of a picture turned upright; None where it can't be read."""
    from PIL import Image

    from services.model import orientation

    try:
        with Image.open(file) as image:
            # A PNG would be decoded for its orientation, and hardly any has one.
            turn = None if image.format == "PNG" else orientation.turn_of(image)
            return orientation.upright_size(image.size, turn)
    except Exception:
        return None  # the evaluation says what is wrong with it


def raise_problems(wrong: Iterable[str]) -> None:
    """Raise what is wrong, if anything is.

    Raises:
        PicturesError
    """
    found = list(wrong)
    if found:
        more = [f"… and {len(found) - MAX_NAMED} more."] if len(found) > MAX_NAMED else []
        raise PicturesError("\n".join(found[:MAX_NAMED] + more))
