"""Which class each picture of a folder shows, where that is said.

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

from passerelle.local import pictures
from passerelle.manifest import text_file

FILE = "labels.csv"


@dataclasses.dataclass(frozen=True)
class ClassLabel:
    """The class of a picture, by name or by number; a name comes first."""

    source: str  # a line of labels.csv, or a folder
    name: str = ""
    class_id: int | None = None

    @property
    def text(self) -> str:
        """Its name, or else its number: the same for all pictures of the class."""
        return self.name or str(self.class_id)


ClassLabels = dict[Path, ClassLabel]  # of those pictures that have one


def from_sub_folders(files: Iterable[Path], folder: Path) -> ClassLabels:
    """The classes of those pictures that lie in a sub-folder."""
    return {file: label for file in files if (label := from_sub_folder(file, folder))}


def from_sub_folder(file: Path, folder: Path) -> ClassLabel | None:
    """A picture's class, which is the sub-folder that it lies in, if it lies in one."""
    name, *rest = file.relative_to(folder).parts
    if not rest:
        return None
    number = int(name) if is_number(name) else None
    return ClassLabel(f"the folder {name}", composed(name), number)


def read(folder: Path) -> ClassLabels:
    """The classes of the pictures that the folder's labels.csv names.

    Raises:
        PicturesError: with every bad row, by line.
    """
    try:
        return read_rows(folder)
    except text_file.TextError as error:
        raise pictures.PicturesError(f"{folder / FILE}, {error}.") from None
    except (OSError, csv.Error) as error:
        raise pictures.PicturesError(f"{folder / FILE} can't be read: {error}") from None


def read_rows(folder: Path) -> ClassLabels:
    """What `read` gives.

    Raises:
        PicturesError
        TextError, OSError, csv.Error: the file as a whole can't be read.
    """
    found: ClassLabels = {}
    wrong = []
    lines = io.StringIO(text_file.decode((folder / FILE).read_bytes())).readlines()
    reader = csv.DictReader(lines, delimiter=delimiter(lines), skipinitialspace=True)
    if missing := missing_columns(reader.fieldnames or ()):
        raise pictures.PicturesError(f"{folder / FILE}, line 1: {missing}.")
    for row in reader:
        source = f"{FILE}, line {reader.line_num}"
        path = folder / (row["file"] or "")
        problem = problem_of(row, path, found)
        if problem:
            wrong.append(f"{folder / source}: {problem}.")
            continue
        number = (row.get("class_id") or "").strip()
        name = "" if number else composed((row.get("label") or "").strip())
        found[path] = ClassLabel(source, name, int(number) if number else None)
    pictures.raise_problems(wrong)
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


def problem_of(row: dict[str, str | None], path: Path, found: ClassLabels) -> str:
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


def in_numbers(labels: ClassLabels, names: list[str], model: str) -> dict[str, int]:
    """The class of each labelled file, in the own numbers of a model with these classes' names.

    Raises:
        PicturesError: names the classes that the model doesn't have.
    """
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        numbers.setdefault(composed(name), []).append(number)
    wrong = unknown_classes(labels.values(), numbers, len(names), model)
    pictures.raise_problems(dict.fromkeys(wrong))
    return {str(file): number_of(each, numbers) for file, each in labels.items()}


def number_of(label: ClassLabel, numbers: dict[str, list[int]]) -> int:
    """The number of a class that a picture is said to show."""
    by_name = numbers.get(label.name)
    return by_name[0] if by_name else int(label.class_id or 0)


def unknown_classes(
    labels: Iterable[ClassLabel], numbers: dict[str, list[int]], count: int, model: str
) -> Iterator[str]:
    """The classes that are said and that a model doesn't have, or that it has twice."""
    for each in labels:
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
