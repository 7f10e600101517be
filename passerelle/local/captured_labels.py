"""What a model once answered to the pictures of a folder, which the gateway captured with them.

    FOLDER/pictures/NAME.jpg
    FOLDER/answers/NAME.json    by a model of the same classes, as they are numbered
    FOLDER/.sums.json           the gateway's own, which a copy may lack

Then a figure is how far a model answers as that one did, and not how often it is right.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from passerelle.local.box_labels import BoxLabels
from passerelle.local.class_labels import ClassLabel, ClassLabels
from services.bake.metrics import LabelledBox

PICTURES, ANSWERS, SUMS = "pictures", "answers", ".sums.json"
NOTE = "the labels are the answers that were captured with the pictures, by the class's number"
EDGES = ("xmin", "ymin", "xmax", "ymax")


def are_there(folder: Path) -> bool:
    """Whether a folder is one of what was captured of a model.

    One of pictures of two classes, which happen to be called like that, isn't.
    """
    if not all((folder / each).is_dir() for each in (PICTURES, ANSWERS)):
        return False
    if (folder / SUMS).exists():
        return True
    stems = {each.stem for each in (folder / PICTURES).iterdir()}
    return any(each.stem in stems for each in (folder / ANSWERS).glob("*.json"))


def classes(folder: Path, files: Iterable[Path]) -> ClassLabels:
    """The likeliest class of each picture that a classifier answered."""
    found: ClassLabels = {}
    for file, predictions in answered(folder, files, "classification"):
        number = next((number_of(each) for each in predictions), None)
        if number is not None:
            found[file] = ClassLabel(f"the answer to {file.name}", "", number)
    return found


def boxes(folder: Path, files: Iterable[Path]) -> BoxLabels | None:
    """The boxes of each picture that a detector answered; None where none did."""
    found, categories = dict[Path, list[LabelledBox]](), dict[int, str]()
    for file, predictions in answered(folder, files, "detection"):
        found[file] = []
        for each in predictions:
            number, edges = number_of(each), edges_of(each)
            if number is not None and edges:
                categories[number] = str(each.get("label", number))
                xmin, ymin, xmax, ymax = edges
                found[file].append(LabelledBox(number, xmin, ymin, xmax, ymax))
    return BoxLabels(folder / ANSWERS, categories, found) if found else None


def answered(
    folder: Path, files: Iterable[Path], task: str
) -> Iterator[tuple[Path, list[Mapping[str, Any]]]]:
    """The pictures that have an answer of a task, and what it predicts."""
    for file in files:
        try:
            answer = json.loads((folder / ANSWERS / f"{file.stem}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            continue  # large answers aren't kept, and one may have gone meanwhile
        if isinstance(answer, dict) and answer.get("task") == task:
            given = answer.get("predictions")
            if isinstance(given, list):
                yield file, [each for each in given if isinstance(each, dict)]


def number_of(prediction: Mapping[str, Any]) -> int | None:
    """A prediction's class."""
    found = prediction.get("class_id")
    return found if isinstance(found, int) and found >= 0 else None


def edges_of(prediction: Mapping[str, Any]) -> list[float]:
    """A prediction's box; empty where it has none."""
    box = prediction.get("box")
    found = [box.get(each) for each in EDGES] if isinstance(box, dict) else []
    numbers = [float(each) for each in found if isinstance(each, int | float)]
    return numbers if len(numbers) == len(EDGES) else []
