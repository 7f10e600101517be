"""passerelle/local/dataset.py: which labels a folder has for the models of each task."""

import json
from pathlib import Path

import pytest
from PIL import Image

from passerelle.local import dataset, pictures

NAMES = ["cat", "dog"]
COCO = {
    "images": [{"id": 1, "file_name": "a.png"}],
    "annotations": [{"image_id": 1, "category_id": 7, "bbox": [0, 0, 2, 2]}],
    "categories": [{"id": 7, "name": "dog"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, of which one lies in a sub-folder."""
    (tmp_path / "cat").mkdir()
    for name in ("a.png", "cat/b.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    return tmp_path


def labels(folder: Path, task: str) -> dict[str, object]:
    found = dataset.Dataset(folder).labels(task, NAMES, "own")
    return {str(Path(file).relative_to(folder)): label for file, label in found.items()}


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(pictures.PicturesError, match="holds no picture"):
        dataset.Dataset(tmp_path)


def test_classes_are_a_classifier_s_numbers_and_an_embedder_s_words(folder: Path) -> None:
    assert labels(folder, "classification") == {"cat/b.png": 0}
    assert labels(folder, "embedding") == {"cat/b.png": "cat"}
    assert labels(folder, "tensor") == labels(folder, "detection") == {}
    (folder / "labels.csv").write_text("file,class_id\na.png,1\n")
    assert labels(folder, "classification") == {"a.png": 1}
    assert labels(folder, "embedding") == {"a.png": "1"}


def test_a_class_that_an_embedder_does_not_know_is_a_class_all_the_same(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\na.png,Ada\n")
    assert labels(folder, "embedding") == {"a.png": "Ada"}


def test_boxes_come_from_a_coco_file_and_sub_folders_are_then_no_classes(folder: Path) -> None:
    (folder / "annotations.json").write_text(json.dumps(COCO))
    assert labels(folder, "detection") == {"a.png": [(1, 0, 0, 2, 2, False)]}
    assert labels(folder, "classification") == {}
    found = dataset.Dataset(folder)
    assert found.notes("detection", NAMES, "own") == ["own: 1 of 1 categories found by name"]
    assert found.notes("classification", NAMES, "own") == []


def test_boxes_come_from_text_files(folder: Path) -> None:
    (folder / "classes.txt").write_text("dog\ncat\n")
    (folder / "a.txt").write_text("0 0.5 0.5 1 1\n")
    assert labels(folder, "detection") == {"a.png": [(1, 0, 0, 4, 4, False)], "cat/b.png": []}


def test_masks_are_no_pictures(folder: Path) -> None:
    (folder / "masks").mkdir()
    Image.new("L", (4, 4), 1).save(folder / "masks" / "a.png")
    assert labels(folder, "segmentation") == {"a.png": str(folder / "masks" / "a.png")}
    assert len(dataset.Dataset(folder).files) == 2


def test_a_folder_of_masks_that_no_picture_has_is_one_of_pictures(folder: Path) -> None:
    (folder / "cat").rename(folder / "masks")
    assert len(dataset.Dataset(folder).files) == 2
    assert labels(folder, "embedding") == {"masks/b.png": "masks"}
    with pytest.raises(pictures.PicturesError, match=r"masks.b.png is of no picture"):
        labels(folder, "segmentation")


def test_a_file_that_no_model_needs_may_be_anything(folder: Path) -> None:
    (folder / "annotations.json").write_text("hello")
    assert labels(folder, "classification") == {}
    with pytest.raises(pictures.PicturesError, match=r"annotations.json, line 1, column 1"):
        labels(folder, "detection")


def test_there_is_advice_for_every_task_with_labels() -> None:
    assert [*dataset.ADVICE] == ["classification", "embedding", "detection", "segmentation"]
