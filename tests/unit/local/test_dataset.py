"""passerelle/local/dataset.py: a folder's pictures and classes, and all that can be wrong there."""

import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from passerelle.local import dataset
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
    with pytest.raises(dataset.PicturesError, match=expected):
        dataset.read(folder)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_labels_are_read_as_spreadsheets_save_them(encoding: str, sign: str, folder: Path) -> None:
    rows = f"file{sign}label\r\nrocket.jpg{sign}fusée\r\n"
    (folder / "labels.csv").write_bytes(rows.encode(encoding))
    found = {each.path.name: each.name for each in dataset.read(folder)}
    assert found == {"rocket.jpg": "fusée", "coffee.png": ""}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_the_same_however_its_accents_are_written(form: Any, folder: Path) -> None:
    name = unicodedata.normalize(form, "pâté")
    (folder / name).mkdir()
    shutil.move(folder / "coffee.png", folder / name)
    names = ["fusée", unicodedata.normalize("NFD", "pâté")]
    (number,) = dataset.classes(dataset.read(folder), names, "own").values()
    assert number == 1
    (folder / "labels.csv").write_text(f"file, label\nrocket.jpg, {name}\n", encoding="utf-8")
    (number,) = dataset.classes(dataset.read(folder), names, "own").values()
    assert number == 1


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / ".hidden.png").touch()
    with pytest.raises(dataset.PicturesError, match="holds no picture"):
        dataset.read(tmp_path)
    with pytest.raises(dataset.PicturesError, match="is no folder"):
        dataset.read(tmp_path / "none")


def test_sub_folders_are_classes_by_number_or_by_name(folder: Path) -> None:
    names = ["espresso", "missile", "7"]
    for name in ("espresso", "1", "7"):
        (folder / name).mkdir()
        shutil.copy(stack.PICTURES / "coffee.png", folder / name / "a.PNG")
    found = dataset.classes(dataset.read(folder), names, "own")
    shown = {str(Path(file).relative_to(folder)): number for file, number in found.items()}
    assert shown == {"espresso/a.PNG": 0, "1/a.PNG": 1, "7/a.PNG": 2}
    (folder / "holiday").mkdir()
    (folder / "7" / "a.PNG").rename(folder / "holiday" / "a.PNG")
    with pytest.raises(dataset.PicturesError, match="the folder holiday: 'holiday' is no class"):
        dataset.classes(dataset.read(folder), names, "own")
    with pytest.raises(dataset.PicturesError, match="own calls 0 and 1 'espresso'; write the"):
        dataset.classes(dataset.read(folder), ["espresso"] * 2, "own")
