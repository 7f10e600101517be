"""Which boxes the pictures of a folder hold, and which of a model's classes each one is of.

A COCO file says it (`coco_file.py`), or YOLO's text files (`yolo_files.py`). Their categories are a
model's classes by name; where no name is one of the model's, by number.
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from passerelle.local import class_labels, pictures
from services.bake.metrics import LabelledBox

Boxes = dict[Path, list[LabelledBox]]  # of each picture, which may hold none


@dataclasses.dataclass(frozen=True)
class BoxLabels:
    """The boxes of pictures, whose classes are a file's own categories."""

    source: Path
    categories: dict[int, str]  # their names, by number
    boxes: Boxes
    missing: int = 0  # pictures that the file names, and that aren't there


@dataclasses.dataclass(frozen=True)
class Match:
    """Which category is which of a model's classes."""

    classes: dict[int, int]  # by the category's number
    by_name: bool
    unknown: list[str]  # categories that the model doesn't have


def in_numbers(labels: BoxLabels, names: list[str], model: str) -> dict[str, list[LabelledBox]]:
    """The boxes of each labelled file, in the own numbers of a model with these classes' names.

    Boxes of categories that the model doesn't have are left out.

    Raises:
        PicturesError: it has none of them.
    """
    found = match(labels.categories, names)
    if not found.classes:
        several = ", ".join(repr(name) for name in found.unknown[: pictures.MAX_NAMED])
        raise pictures.PicturesError(
            f"{labels.source}: {model} has none of its categories ({several}). Name them as "
            f"{model} names its classes, such as {names[0]!r}."
        )
    return {
        str(file): [
            box._replace(class_id=found.classes[box.class_id])
            for box in boxes
            if box.class_id in found.classes
        ]
        for file, boxes in labels.boxes.items()
    }


def notes(labels: BoxLabels, names: list[str], model: str) -> list[str]:
    """How a file's categories were found among a model's classes, as sentences."""
    found = match(labels.categories, names)
    how = "by name" if found.by_name else "by number, since none has the name of a class"
    said = f"{model}: {len(found.classes)} of {len(labels.categories)} categories found {how}"
    if found.unknown:
        said += f"; left out: {listed(found.unknown)}"
    if labels.missing:
        said += f"; {labels.missing} pictures that {labels.source.name} names aren't here"
    return [said]


def listed(names: list[str]) -> str:
    """Names in a row, the first ones and the number of the others."""
    more = len(names) - pictures.MAX_NAMED
    return ", ".join(names[: pictures.MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def match(categories: dict[int, str], names: Iterable[str]) -> Match:
    """Which categories are which classes of a model, by the classes' names.

    By number only where no name is found at all: a few of them may be the model's own by chance.
    """
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        numbers.setdefault(key(name), []).append(number)
    same = {each: numbers.get(key(name), []) for each, name in categories.items()}
    classes = {each: found[0] for each, found in same.items() if len(found) == 1}
    by_name = bool(classes)
    if not by_name:
        count = sum(map(len, numbers.values()))
        classes = {each: each for each in categories if 0 <= each < count}
    unknown = [name for each, name in categories.items() if each not in classes]
    return Match(classes, by_name, unknown)


def key(name: str) -> str:
    """A class's name as it is compared: accents and capitals don't count as different."""
    return class_labels.composed(name).casefold().strip()
