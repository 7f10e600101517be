"""What a model once answered, as labels."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from passerelle.local import captured_labels, dataset

NAMES = ["cat", "dog"]
DOG = {"class_id": 1, "label": "dog", "score": 0.9}
BOX = {"xmin": 0, "ymin": 0, "xmax": 2, "ymax": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for each in ("pictures", "answers"):
        (tmp_path / each).mkdir()
    for name in "abc":
        Image.new("RGB", (4, 4)).save(tmp_path / "pictures" / f"{name}.png")
    return tmp_path


def answer(folder: Path, name: str, *predictions: Any, task: str = "classification") -> None:
    document = {"task": task, "predictions": predictions}
    (folder / "answers" / f"{name}.json").write_text(json.dumps(document))


def labels(folder: Path, task: str) -> dict[str, object]:
    found = dataset.Dataset(folder)
    return {Path(file).name: label for file, label in found.labels(task, NAMES, "own").items()}


def test_the_likeliest_class_is_the_label(folder: Path) -> None:
    answer(folder, "a", DOG, {"class_id": 0})
    answer(folder, "b", {"label": "dog"})
    (folder / "answers/c.json").write_text("{")
    assert labels(folder, "classification") == {"a.png": 1}
    assert dataset.Dataset(folder).notes("classification", NAMES, "own") == [captured_labels.NOTE]
    assert labels(folder, "detection") == labels(folder, "segmentation") == {}


def test_boxes_are_those_that_were_found(folder: Path) -> None:
    answer(folder, "a", DOG | {"box": BOX}, DOG, DOG | {"box": {"xmin": 1}}, task="detection")
    answer(folder, "b", task="detection")
    assert labels(folder, "detection") == {"a.png": [(1, 0, 0, 2, 2, False)], "b.png": []}
    assert labels(folder, "classification") == {}


def test_boxes_are_of_the_class_whose_number_was_answered(folder: Path) -> None:
    box = {"class_id": 1, "label": "cat", "box": BOX}  # a name that another class has, too
    answer(folder, "a", box, task="detection")
    assert labels(folder, "detection") == {"a.png": [(1, 0, 0, 2, 2, False)]}
    assert dataset.Dataset(folder).notes("detection", NAMES, "own") == [captured_labels.NOTE]


def test_a_detector_that_found_nothing_said_so(folder: Path) -> None:
    answer(folder, "a", task="detection")
    assert labels(folder, "detection") == {"a.png": []}


def test_there_are_boxes_where_a_detector_answered(folder: Path) -> None:
    answer(folder, "a", DOG)
    assert not dataset.Dataset(folder).has_boxes
    answer(folder, "b", DOG | {"box": BOX}, task="detection")
    assert dataset.Dataset(folder).has_boxes


def test_two_classes_that_are_called_pictures_and_answers_are_classes(folder: Path) -> None:
    Image.new("RGB", (4, 4)).save(folder / "answers/z.png")
    (folder / "answers/about.json").write_text("{}")
    found = dataset.Dataset(folder).labels("classification", ["pictures", "answers"], "own")
    assert sorted(found.values()) == [0, 0, 0, 1]


def test_masks_that_were_answered_are_no_pictures(folder: Path) -> None:
    (folder / ".sums.json").touch()
    Image.new("L", (4, 4)).save(folder / "answers/a.png")
    found = dataset.Dataset(folder)
    assert [each.parent.name for each in found.files] == ["pictures"] * 3
    assert found.notes("segmentation", NAMES, "own") == []


def test_the_pictures_alone_have_no_labels(folder: Path) -> None:
    answer(folder, "a", DOG)
    found = dataset.Dataset(folder / "pictures")
    assert (len(found.files), found.labels("classification", NAMES, "own")) == (3, {})
