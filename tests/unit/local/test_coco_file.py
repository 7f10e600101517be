"""passerelle/local/coco_file.py: boxes as COCO has them, and all that can be wrong there."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from passerelle.local import coco_file, pictures

IMAGE = {"id": 5, "file_name": "a.png", "width": 40, "height": 20}
BOX = {"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 10, 5]}
DOG = {"id": 7, "name": "dog"}
VALID = {"images": [IMAGE], "annotations": [BOX], "categories": [DOG]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    return tmp_path


def read(folder: Path, document: Any, name: str = "annotations.json") -> Any:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))
    return coco_file.read(coco_file.find(folder), pictures.files(folder))


def test_boxes_are_read_with_their_edges_and_categories(folder: Path) -> None:
    crowd = BOX | {"iscrowd": 1}
    found = read(folder, VALID | {"annotations": [BOX, crowd]})
    assert found.boxes == {folder / "a.png": [(7, 1, 2, 11, 7, False), (7, 1, 2, 11, 7, True)]}
    assert (found.categories, found.missing) == ({7: "dog"}, 0)


@pytest.mark.parametrize(
    "name", ["instances_val2017.json", "_annotations.coco.json", "annotations/instances.json"]
)
def test_the_file_is_found_by_its_usual_names(name: str, folder: Path) -> None:
    assert len(read(folder, VALID, name).boxes) == 1


def test_a_picture_is_found_by_its_path_or_by_the_only_name_that_ends_so(folder: Path) -> None:
    for sub in ("x", "y"):
        (folder / sub).mkdir()
        Image.new("RGB", (40, 20)).save(folder / sub / "a.png")
        Image.new("RGB", (40, 20)).save(folder / sub / f"{sub}.png")
    images = [{"id": n, "file_name": name} for n, name in enumerate(["a.png", "y/a.png", "x.png"])]
    found = read(folder, VALID | {"images": images, "annotations": []})
    assert [*found.boxes] == [folder / name for name in ("a.png", "y/a.png", "x/x.png")]


def test_pictures_that_are_not_there_are_counted_unless_all_are(folder: Path) -> None:
    other = {"id": 6, "file_name": "none.png"}
    gone = BOX | {"image_id": 6}
    found = read(folder, VALID | {"images": [IMAGE, other], "annotations": [BOX, gone]})
    assert (len(found.boxes), found.missing) == (1, 1)
    with pytest.raises(pictures.PicturesError, match=r"none of the pictures .* such as 'none.png'"):
        read(folder, VALID | {"images": [other], "annotations": []})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"images": [\n  oh', "line 2, column 3: Expecting value; it must be JSON"),
        ([], "there is no list images or annotations or categories"),
        ({"images": [], "annotations": {}}, "there is no list annotations or categories"),
        (VALID | {"images": [{"id": "a"}]}, r"images\[0\].id must be a whole number"),
        (VALID | {"images": ["a.png"]}, r"images\[0\].id must be a whole number"),
        (VALID | {"images": [IMAGE, {"id": 6}]}, r"images\[1\].file_name must be the picture's"),
        (VALID | {"categories": [{"id": 7}]}, r"categories\[0\].name must be the class's name"),
        (VALID | {"annotations": [BOX | {"image_id": None}]}, r"annotations\[0\].image_id must"),
        (VALID | {"annotations": [BOX | {"image_id": 9}]}, "image_id is 9; images has no such id"),
        (VALID | {"annotations": [BOX | {"category_id": 0}]}, "0; categories has no such id"),
        (VALID | {"annotations": [BOX | {"bbox": [1, 2, 3]}]}, r"bbox is \[1, 2, 3\]; it must be"),
        (VALID | {"annotations": [BOX | {"bbox": [1, 2, -3, 4]}]}, r"\[left, top, width, height\]"),
        (VALID | {"annotations": [BOX | {"bbox": [1, 2, 3, True]}]}, "bbox is"),
        ('{"images": [], "annotations": [{"bbox": [0, 0, NaN, 1]}], "categories": []}', "image_id"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(document: Any, expected: str, folder: Path) -> None:
    with pytest.raises(pictures.PicturesError, match=expected) as caught:
        read(folder, document)
    assert str(folder / "annotations.json") in str(caught.value)


def test_a_picture_of_another_size_than_its_boxes_is_told(folder: Path) -> None:
    with pytest.raises(pictures.PicturesError, match=r"images\[0\] says 80 x 40 .* has 40 x 20"):
        read(folder, VALID | {"images": [IMAGE | {"width": 80, "height": 40}]})


def test_several_files_are_told(folder: Path) -> None:
    read(folder, VALID)
    with pytest.raises(pictures.PicturesError, match=r"several files of boxes: .* Leave one"):
        read(folder, VALID, "instances_b.json")
