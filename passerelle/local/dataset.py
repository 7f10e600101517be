"""The pictures of a folder, and which class each one shows, where that is said.

`labels.csv` says it: the columns are `file`, and `class_id` or else `label`. Where there is no such
file, sub-folders say it: each is named by its class, by number or by name.
"""

import csv
import dataclasses
import difflib
import io
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from passerelle.manifest import text_file

LABELS_FILE = "labels.csv"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
MAX_NAMED = 10  # problems


class PicturesError(Exception):
    """A folder that nothing can be measured on; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A file and, where `source` gives one, its class by name or by number; a name comes first."""

    path: Path
    source: str = ""  # a line of labels.csv, or a folder
    name: str = ""
    class_id: int | None = None


Pictures = tuple[Picture, ...]


def read(folder: Path) -> Pictures:
    """All pictures under a folder, by name.

    Raises:
        PicturesError: there is none, or labels.csv has a bad row.
    """
    try:
        files = sorted(file for file in folder.rglob("*") if is_picture(file.relative_to(folder)))
        has_list = (folder / LABELS_FILE).exists()
        if not folder.is_dir():
            raise PicturesError(f"{folder} is no folder; name one that holds pictures.")
        listed = read_labels(folder) if has_list else {}
    except text_file.TextError as error:
        raise PicturesError(f"{folder / LABELS_FILE}, {error}.") from None
    except (OSError, csv.Error) as error:
        raise PicturesError(f"{folder} can't be read: {error}") from None
    if not files and not listed:
        raise PicturesError(f"{folder} holds no picture ({', '.join(SUFFIXES)}).")
    if has_list:
        found = {file: Picture(file) for file in files} | listed
    else:
        found = {file: from_sub_folder(file, folder) for file in files}
    return tuple(found[file] for file in sorted(found))


def is_picture(file: Path) -> bool:
    """Whether a file, named from the folder on, is one: not hidden, and named like a picture."""
    return file.suffix.lower() in SUFFIXES and not any(part[0] == "." for part in file.parts)


def from_sub_folder(file: Path, folder: Path) -> Picture:
    """A picture whose class is the sub-folder that it lies in, if it lies in one."""
    name, *rest = file.relative_to(folder).parts
    if not rest:
        return Picture(file)
    number = int(name) if is_number(name) else None
    return Picture(file, f"the folder {name}", composed(name), number)


def read_labels(folder: Path) -> dict[Path, Picture]:
    """The pictures that labels.csv names.

    Raises:
        PicturesError: with every bad row, by line.
    """
    found: dict[Path, Picture] = {}
    wrong = []
    lines = io.StringIO(text_file.decode((folder / LABELS_FILE).read_bytes())).readlines()
    reader = csv.DictReader(lines, delimiter=delimiter(lines), skipinitialspace=True)
    if missing := missing_columns(reader.fieldnames or ()):
        raise PicturesError(f"{folder / LABELS_FILE}, line 1: {missing}.")
    for row in reader:
        source = f"{LABELS_FILE}, line {reader.line_num}"
        path = folder / (row["file"] or "")
        problem = problem_of(row, path, found)
        if problem:
            wrong.append(f"{folder / source}: {problem}.")
            continue
        number = (row.get("class_id") or "").strip()
        name = "" if number else composed((row.get("label") or "").strip())
        found[path] = Picture(path, source, name, int(number) if number else None)
    raise_problems(wrong)
    return found


def delimiter(lines: list[str]) -> str:
    """What separates columns: a comma, or what spreadsheets write where commas are in numbers."""
    head = lines[0] if lines else ""
    return next((sign for sign in ",;\t" if sign in head), ",")


def missing_columns(columns: Iterable[str]) -> str:
    """What the first row of labels.csv should say and doesn't."""
    if "file" not in columns:
        return "there is no column file; the first row names the columns: file,class_id"
    if not {"class_id", "label"} & set(columns):
        return "there is neither a column class_id nor label"
    return ""


def problem_of(row: dict[str, str | None], path: Path, found: dict[Path, Picture]) -> str:
    """What is wrong with a row by itself."""
    number, name = ((row.get(key) or "").strip() for key in ("class_id", "label"))
    if not path.is_file():
        return f"there is no file {row['file'] or ''!r}"
    if path in found:
        return f"{row['file']} was named before; remove one of the two"
    if not number and not name:
        return "the class is missing"
    if number and not is_number(number):
        return f"class_id is {number!r}, not a whole number"
    return ""


def is_number(text: str) -> bool:
    """Whether a text is a class's number as one writes it."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def composed(name: str) -> str:
    """A name with each accent in its letter: macOS writes the two apart in names of folders."""
    return unicodedata.normalize("NFC", name)


def classes(pictures: Pictures, names: list[str], model: str) -> dict[str, int]:
    """The class that each labelled picture shows, in a model's own numbers.

    Raises:
        PicturesError: names the classes that the model doesn't have.
    """
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        numbers.setdefault(composed(name), []).append(number)
    labelled = [each for each in pictures if each.source]
    raise_problems(dict.fromkeys(unknown_classes(labelled, numbers, len(names), model)))
    return {str(each.path): number_of(each, numbers) for each in labelled}


def number_of(picture: Picture, numbers: dict[str, list[int]]) -> int:
    """The number of the class that a picture is said to show."""
    by_name = numbers.get(picture.name)
    return by_name[0] if by_name else int(picture.class_id or 0)


def unknown_classes(
    labelled: list[Picture], numbers: dict[str, list[int]], count: int, model: str
) -> Iterator[str]:
    """The classes that are said and that a model doesn't have, or that it has twice."""
    for each in labelled:
        same = numbers.get(each.name, [])
        if len(same) > 1:
            both = " and ".join(map(str, same))
            yield f"{each.source}: {model} calls {both} {each.name!r}; write the class's number."
        elif not same and each.class_id is None:
            near = difflib.get_close_matches(each.name, numbers, n=1)
            mend = f"did you mean {near[0]!r}?" if near else "write a class's number or name."
            yield f"{each.source}: {each.name!r} is no class of {model}; {mend}"
        elif not same and each.class_id is not None and each.class_id >= count:
            yield f"{each.source}: {each.class_id} is no class of {model}; it has 0 to {count - 1}."


def raise_problems(wrong: Iterable[str]) -> None:
    """Raise what is wrong, if anything is.

    Raises:
        PicturesError
    """
    found = list(wrong)
    if found:
        more = [f"… and {len(found) - MAX_NAMED} more."] if len(found) > MAX_NAMED else []
        raise PicturesError("\n".join(found[:MAX_NAMED] + more))
