"""passerelle/local/class_labels.py: the classes of a folder's pictures, and what can be wrong."""

import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from passerelle.local import class_labels, pictures
from tests.support import stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two pictures without labels."""
    made = tmp_path / "own"
    made.mkdir()
    for name in ("rocket.jpg", "coffee.png"):
        shutil.copy(stack.PICTURES / name, made)
    return made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", "line 1: there is no column file"),
        ("file,klass\nrocket.jpg,1\n", "line 1: there is neither a column class_id nor label"),
        ("file,class_id\nnone.jpg,1\n", "line 2: there is no file 'none.jpg'"),
        ("file,class_id\nrocket.jpg,\n", "line 2: the class is missing"),
        ("file,class_id\nrocket.jpg\n", "line 2: the class is missing"),
        ("file,class_id\nrocket.jpg,-1\n", "line 2: class_id is '-1', not a whole number"),
        ("file,class_id\nrocket.jpg,1\nrocket.jpg,2\n", "line 3: rocket.jpg was named before"),
        ("file,class_id\nno.jpg,1\nrocket.jpg,x\n", "no.jpg'.\n.*line 3: class_id"),
        ("file,class_id\n" + "no.jpg,1\n" * 12, "and 2 more"),
        ("file,class_id\nrocket.jpg,\xff\n", "line 2: byte 0xff .*save the file as UTF-8"),
    ],
)
def test_a_bad_row_is_told_by_its_line(rows: str, expected: str, folder: Path) -> None:
    (folder / "labels.csv").write_text(rows, encoding="latin-1")
    with pytest.raises(pictures.PicturesError, match=expected):
        class_labels.read(folder)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_labels_are_read_as_spreadsheets_save_them(encoding: str, sign: str, folder: Path) -> None:
    rows = f"file{sign}label\r\nrocket.jpg{sign}fusée\r\n"
    (folder / "labels.csv").write_bytes(rows.encode(encoding))
    found = {file.name: label.name for file, label in class_labels.read(folder).items()}
    assert found == {"rocket.jpg": "fusée"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_the_same_however_its_accents_are_written(form: Any, folder: Path) -> None:
    name = unicodedata.normalize(form, "pâté")
    names = ["fusée", unicodedata.normalize("NFD", "pâté")]
    found = class_labels.from_sub_folders([folder / name / "coffee.png"], folder)
    assert [*class_labels.in_numbers(found, names, "own").values()] == [1]
    (folder / "labels.csv").write_text(f"file, label\nrocket.jpg, {name}\n", encoding="utf-8")
    found = class_labels.read(folder)
    assert [*class_labels.in_numbers(found, names, "own").values()] == [1]


def test_sub_folders_are_classes_by_number_or_by_name(tmp_path: Path) -> None:
    files = [tmp_path / name / "a.PNG" for name in ("espresso", "1", "7")] + [tmp_path / "b.jpg"]
    labels = class_labels.from_sub_folders(files, tmp_path)
    assert [label.text for label in labels.values()] == ["espresso", "1", "7"]
    found = class_labels.in_numbers(labels, ["espresso", "missile", "7"], "own")
    assert [*found.values()] == [0, 1, 2]
    assert [*found] == [str(file) for file in files[:3]]


def test_classes_that_a_model_does_not_have_are_told(tmp_path: Path) -> None:
    labels = class_labels.from_sub_folders([tmp_path / "espreso" / "a.png"], tmp_path)
    expected = "the folder espreso: 'espreso' is no class of own; did you mean 'espresso'"
    with pytest.raises(pictures.PicturesError, match=expected):
        class_labels.in_numbers(labels, ["espresso"], "own")
    labels = class_labels.from_sub_folders([tmp_path / "espresso" / "a.png"], tmp_path)
    with pytest.raises(pictures.PicturesError, match="own calls 0 and 1 'espresso'; write the"):
        class_labels.in_numbers(labels, ["espresso"] * 2, "own")
    labels = class_labels.from_sub_folders([tmp_path / "3" / "a.png"], tmp_path)
    with pytest.raises(pictures.PicturesError, match="3 is no class of own; it has 0 to 0"):
        class_labels.in_numbers(labels, ["espresso"], "own")


def test_a_class_by_its_number_is_the_same_one_for_an_embedder() -> None:
    assert class_labels.ClassLabel("line 2", class_id=3).text == "3"
