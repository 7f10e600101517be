"""The boxes of a folder's pictures as COCO has them: a JSON file beside them.

Its members are those of COCO's object detection: https://cocodataset.org/#format-data
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from passerelle.local import pictures
from passerelle.local.box_labels import Boxes, BoxLabels
from passerelle.manifest import text_file
from services.bake.metrics import LabelledBox

PATTERNS = (
    "instances*.json", "annotations.json", "*annotations.coco.json",
    "annotations/instances*.json",
)  # fmt: skip
MEMBERS = ("images", "annotations", "categories")


def find(folder: Path) -> list[Path]:
    """The COCO files of a folder of pictures."""
    return sorted(file for pattern in PATTERNS for file in folder.glob(pattern))


def read(sources: list[Path], files: list[Path]) -> BoxLabels:
    """The boxes that a COCO file names, of those of its pictures that are among `files`.

    Raises:
        PicturesError: with all that is wrong in it, or there are several.
    """
    source, *more = sources
    if more:
        names = ", ".join(map(str, sources))
        raise pictures.PicturesError(f"There are several files of boxes: {names}. Leave one.")
    document = load(source)
    pictures.raise_problems(f"{source}: {each}" for each in problems_of(document))
    by_id = found_files(document["images"], source, files)
    boxes: Boxes = {file: [] for file in by_id.values() if file}
    if not boxes:
        name = next((each["file_name"] for each in document["images"]), "none")
        raise pictures.PicturesError(
            f"{source}: none of the pictures that it names is here, such as {name!r}. Put it "
            "beside them; file_name is a path from there on."
        )
    pictures.raise_problems(other_sizes(document, source, by_id))
    for each in document["annotations"]:
        if file := by_id[each["image_id"]]:
            boxes[file].append(labelled_box(each))
    categories = {each["id"]: each["name"] for each in document["categories"]}
    return BoxLabels(source, categories, boxes, [*by_id.values()].count(None))


def load(source: Path) -> Any:
    """The JSON document of a file.

    Raises:
        PicturesError
    """
    try:
        return json.loads(text_file.decode(source.read_bytes()))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise pictures.PicturesError(f"{source}, {where}: {error.msg}; it must be JSON.") from None
    except text_file.TextError as error:
        raise pictures.PicturesError(f"{source}, {error}.") from None
    except (OSError, RecursionError) as error:
        raise pictures.PicturesError(f"{source} can't be read: {error}") from None


def problems_of(document: Any) -> Iterator[str]:
    """What makes a document no COCO file, each by its place."""
    lists = document if isinstance(document, dict) else {}
    if lacking := [name for name in MEMBERS if not isinstance(lists.get(name), list)]:
        yield f"there is no list {' or '.join(lacking)}; write a file of COCO's object detection."
        return
    entries = {
        name: [each if isinstance(each, dict) else {} for each in lists[name]] for name in MEMBERS
    }
    for name in MEMBERS:
        for number, entry in enumerate(entries[name]):
            if problem := PROBLEM_OF[name](entry):
                yield f"{name}[{number}]{problem}"
    yield from unknown_ids(entries)


def unknown_ids(entries: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """The annotations of pictures or categories that the file doesn't have."""
    for key, name in (("image_id", "images"), ("category_id", "categories")):
        known = {each.get("id") for each in entries[name]}
        for number, entry in enumerate(entries["annotations"]):
            if is_id(entry.get(key)) and entry[key] not in known:
                yield f"annotations[{number}].{key} is {entry[key]}; {name} has no such id."


def problem_of_image(entry: dict[str, Any]) -> str:
    """What is wrong with one of `images` by itself."""
    if not is_id(entry.get("id")):
        return ".id must be a whole number."
    if not isinstance(entry.get("file_name"), str) or not Path(entry["file_name"]).name:
        return ".file_name must be the picture's path."
    return ""


def problem_of_category(entry: dict[str, Any]) -> str:
    """What is wrong with one of `categories` by itself."""
    if not is_id(entry.get("id")):
        return ".id must be a whole number."
    return "" if isinstance(entry.get("name"), str) else ".name must be the class's name."


def problem_of_annotation(entry: dict[str, Any]) -> str:
    """What is wrong with one of `annotations` by itself."""
    for key in ("image_id", "category_id"):
        if not is_id(entry.get(key)):
            return f".{key} must be a whole number."
    box = entry.get("bbox")
    if isinstance(box, list) and len(box) == 4 and all(map(is_finite, box)) and min(box[2:]) >= 0:
        return ""
    return f".bbox is {str(box)[:60]}; it must be [left, top, width, height] in pixels."


PROBLEM_OF = {
    "images": problem_of_image,
    "annotations": problem_of_annotation,
    "categories": problem_of_category,
}


def is_id(value: Any) -> bool:
    """Whether a value is a whole number, as COCO's ids are."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether a value is a number that a box may have."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def found_files(
    images: list[dict[str, Any]], source: Path, files: list[Path]
) -> dict[int, Path | None]:
    """The file of each of `images`, by its id: its path from the COCO file on, or its own end.

    COCO's names lack the folder; where two files end alike, neither is meant.
    """
    known = set(files)
    by_name: dict[str, list[Path]] = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)
    found: dict[int, Path | None] = {}
    for each in images:
        parts = Path(each["file_name"]).parts
        same = [file for file in by_name.get(parts[-1], []) if file.parts[-len(parts) :] == parts]
        beside = source.parent / each["file_name"]
        only = same[0] if len(same) == 1 else None
        found[each["id"]] = beside if beside in known else only
    return found


def other_sizes(document: Any, source: Path, by_id: dict[int, Path | None]) -> Iterator[str]:
    """Those pictures that are of another size than the file says, so that its boxes don't fit."""
    for number, entry in enumerate(document["images"]):
        file = by_id[entry["id"]]
        said = entry.get("width"), entry.get("height")
        found = pictures.upright_size(file) if file and all(map(is_id, said)) else None
        if found and found != said:
            yield (
                f"{source}: images[{number}] says {said[0]} x {said[1]} pixels, but {file} has "
                f"{found[0]} x {found[1]}. Its boxes are for another size, or for the picture as "
                "stored: scale or turn the picture or the boxes."
            )


def labelled_box(entry: dict[str, Any]) -> LabelledBox:
    """A box of one of `annotations`."""
    left, top, width, height = entry["bbox"]
    return LabelledBox(
        entry["category_id"], left, top, left + width, top + height, bool(entry.get("iscrowd"))
    )
