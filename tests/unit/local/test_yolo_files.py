"""passerelle/local/yolo_files.py: boxes as YOLO has them, and all that can be wrong there."""

from pathlib import Path

import pytest
from PIL import Image

from passerelle.local import pictures, yolo_files
from passerelle.local.box_labels import BoxLabels


def read(folder: Path) -> BoxLabels:
    files = pictures.files(folder)
    source = yolo_files.find(folder, files)
    assert source
    return yolo_files.read(source, files)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture below `images`, with two boxes, and one without any."""
    (tmp_path / "images" / "val").mkdir(parents=True)
    (tmp_path / "labels" / "val").mkdir(parents=True)
    for name in ("a", "b"):
        Image.new("RGB", (40, 20)).save(tmp_path / "images" / "val" / f"{name}.png")
    (tmp_path / "data.yaml").write_text("path: .\nnames: {0: cat, 1: dog}\n")
    (tmp_path / "labels" / "val" / "a.txt").write_text("1 0.5 0.5 0.5 0.5\n\n0 0.5 0.5 1 1\n")
    return tmp_path


def test_boxes_are_read_in_pixels(folder: Path) -> None:
    found = read(folder)
    a, b = found.boxes.values()
    assert a == [(1, 10, 5, 30, 15, False), (0, 0, 0, 40, 20, False)]
    assert b == []
    assert found.categories == {0: "cat", 1: "dog"}


def test_text_files_may_lie_beside_the_pictures_and_names_in_classes_txt(folder: Path) -> None:
    (folder / "data.yaml").unlink()
    (folder / "classes.txt").write_text("cat\ndog\n")
    (folder / "images" / "val" / "b.txt").write_text("1 0.5 0.5 1 1\n")
    found = read(folder)
    assert [len(boxes) for boxes in found.boxes.values()] == [2, 1]
    assert found.categories == {0: "cat", 1: "dog"}


def test_names_may_be_a_list(folder: Path) -> None:
    (folder / "data.yaml").write_text("names: [cat, dog]\n")
    assert read(folder).categories == {0: "cat", 1: "dog"}


def test_names_without_any_boxes_are_no_labels(folder: Path) -> None:
    (folder / "labels" / "val" / "a.txt").unlink()
    assert yolo_files.find(folder, pictures.files(folder)) is None


@pytest.mark.parametrize("names", ["nc: 2", "names: {cat: 0}", "names: []", "- cat", "a: b: c"])
def test_names_that_can_not_be_read_are_told(names: str, folder: Path) -> None:
    (folder / "data.yaml").write_text(names)
    with pytest.raises(pictures.PicturesError, match=r"data.yaml: names must list|can't be read"):
        read(folder)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2 0.5 0.5 1 1", "line 1: 2 is no class; there are 0 to 1"),
        ("0 0.5 0.5 1", "line 1: '0 0.5 0.5 1' is no box; write the class's number, then"),
        ("0 10 5 20 10", "each from 0 to 1"),
        ("cat 0.5 0.5 1 1", "is no box"),
        ("0 0.5 0.5 1 1\n0 nan 0.5 1 1", "line 2: '0 nan 0.5 1 1' is no box"),
    ],
)
def test_a_wrong_line_is_told_by_its_file_and_number(
    line: str, expected: str, folder: Path
) -> None:
    (folder / "labels" / "val" / "b.txt").write_text(line)
    with pytest.raises(pictures.PicturesError, match=r"labels.val.b.txt, line \d: ") as caught:
        read(folder)
    assert expected in str(caught.value)
