"""The boxes of a folder's pictures as YOLO has them: a text file for each picture.

A line is `class x y width height`: a class's number, then the box's centre and size as shares of
the picture's width and height. The file is the picture's with the suffix .txt, beside it, or below
`labels` where the picture lies below `images`. The classes' names are in data.yaml or classes.txt.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from passerelle.local import pictures
from passerelle.local.box_labels import Boxes, BoxLabels
from passerelle.manifest import text_file
from services.bake.metrics import LabelledBox

NAMES_FILES = ("data.yaml", "classes.txt")


def find(folder: Path, files: list[Path]) -> Path | None:
    """The file of the classes' names; None where there is none, or no picture has a text file."""
    source = next((folder / name for name in NAMES_FILES if (folder / name).is_file()), None)
    return source if any(text_beside(file, folder).is_file() for file in files) else None


def read(source: Path, files: list[Path]) -> BoxLabels:
    """The boxes of all pictures; one without a text file holds none.

    Raises:
        PicturesError: with all that is wrong in the files.
    """
    names = read_names(source)
    wrong: list[str] = []
    boxes: Boxes = {}
    for file in files:
        text = text_beside(file, source.parent)
        size = pictures.upright_size(file)
        if size:
            boxes[file] = [*read_boxes(text, size, names, wrong)] if text.is_file() else []
    pictures.raise_problems(wrong)
    return BoxLabels(source, names, boxes)


def text_beside(file: Path, folder: Path) -> Path:
    """The text file of a picture."""
    beside = file.with_suffix(".txt")
    parts = [*file.relative_to(folder).parts]
    if beside.is_file() or "images" not in parts[:-1]:
        return beside
    parts[parts.index("images")] = "labels"
    return folder.joinpath(*parts).with_suffix(".txt")


def read_names(source: Path) -> dict[int, str]:
    """The classes' names, by number.

    Raises:
        PicturesError
    """
    try:
        text = text_file.decode(source.read_bytes())
        if source.suffix == ".txt":
            return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
        document = yaml.safe_load(text)
    except (OSError, text_file.TextError, yaml.YAMLError) as error:
        raise pictures.PicturesError(f"{source} can't be read: {error}") from None
    found = document.get("names") if isinstance(document, dict) else None
    names = dict(enumerate(found)) if isinstance(found, list) else found
    if not isinstance(names, dict) or not names or not all(isinstance(key, int) for key in names):
        raise pictures.PicturesError(f"{source}: names must list the classes' names, from 0 on.")
    return {number: str(name) for number, name in names.items()}


def read_boxes(
    file: Path, size: tuple[int, int], names: dict[int, str], wrong: list[str]
) -> Iterator[LabelledBox]:
    """A picture's boxes in its pixels; what is wrong with a line is added to `wrong`."""
    try:
        lines = text_file.decode(file.read_bytes()).splitlines()
    except (OSError, text_file.TextError) as error:
        wrong.append(f"{file} can't be read: {error}")
        return
    for number, line in enumerate(lines, start=1):
        values = parsed(line.split())
        if not line.strip():
            continue
        if not values or values[0] not in names:
            wrong.append(f"{file}, line {number}: {problem_of(line, values, names)}")
            continue
        yield box_of(values, size)


def parsed(words: list[str]) -> Any:
    """A line's numbers; None where they aren't a class and four shares."""
    try:
        class_id, *shares = int(words[0]), *map(float, words[1:])
    except (ValueError, IndexError):
        return None
    fits = len(shares) == 4 and all(0 <= each <= 1 for each in shares)
    return (class_id, *shares) if fits else None


def problem_of(line: str, values: Any, names: dict[int, str]) -> str:
    """What is wrong with a line."""
    if values:
        return f"{values[0]} is no class; there are 0 to {max(names)}."
    return (
        f"{line.strip()[:60]!r} is no box; write the class's number, then the centre's x and y and "
        "the width and height, each from 0 to 1."
    )


def box_of(values: tuple[Any, ...], size: tuple[int, int]) -> LabelledBox:
    """A line's box in a picture's pixels."""
    class_id, x, y, width, height = values
    left, top = (x - width / 2) * size[0], (y - height / 2) * size[1]
    return LabelledBox(class_id, left, top, left + width * size[0], top + height * size[1])
