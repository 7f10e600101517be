"""Whether the labels that a manifest gives fit the model."""

from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import given_labels
from passerelle.artifact.label_file import LabelsError
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe


def recipe(**given: Any) -> Recipe:
    fields = {"id": "net", "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT"}
    return Recipe(**fields | given)


def test_names_are_those_listed_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    assert given_labels.names(["a", "b"]) == ["a", "b"]
    assert given_labels.names(f"file:{tmp_path / 'names.txt'}") == ["cat", "dog"]
    assert given_labels.names("imagenet-1k") is None
    assert given_labels.names(None) is None
    with pytest.raises(WeightsError, match="is not a file"):
        given_labels.names(f"file:{tmp_path}")


@pytest.mark.parametrize(
    ("fields", "classes"),
    [
        ({}, 1000),
        ({"weights": "random"}, None),
        ({"weights": "random", "keywords": {"num_classes": 3}}, 3),
        ({"weights": "file:a.pth", "keywords": {"num_classes": True}}, None),
        ({"architecture": "nets:Net", "weights": "random", "keywords": {"num_classes": 3}}, None),
    ],
)
def test_the_classes_of_torchvisions_architectures_are_known(
    fields: dict[str, Any], classes: int | None
) -> None:
    assert given_labels.known_classes(recipe(**fields)) == classes


@pytest.mark.parametrize("labels", [None, "imagenet-1k", [str(number) for number in range(1000)]])
def test_labels_that_fit_are_taken(labels: Any) -> None:
    given_labels.require(recipe(labels=labels))


def test_labels_that_may_fit_are_taken() -> None:
    given_labels.require(recipe(weights="random", labels=["a", "b"]))


@pytest.mark.parametrize(
    ("labels", "classes", "told"),
    [
        (["a", "b"], 3, "net has 3 classes, but labels names 2: is there a class for the backgr"),
        (["no", "yes"], 1, "labels names 2: its one output is the score of one class; write the"),
        (["background", "a", "b"], 2, "names 3: the first is 'background', a class that"),
        (["name", "a", "b"], 2, "names 3: the first is 'name', the head of a table; remove it"),
        (["a", "b", "c"], 1000, "names 3: from 'a' to 'c'; write a name for each class"),
        ("imagenet-1k", 2, "but imagenet-1k names 1000: write a name for each class"),
    ],
)
def test_another_number_is_told_with_its_likely_cause(labels: Any, classes: int, told: str) -> None:
    with pytest.raises(LabelsError) as raised:
        given_labels.require(
            recipe(weights="random", keywords={"num_classes": classes}, labels=labels)
        )
    assert told in str(raised.value)


def test_a_file_is_named_with_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    labels = f"file:{tmp_path / 'names.txt'}"
    with pytest.raises(
        LabelsError, match=r"net has 1000 classes, but names.txt names 2: from 'cat'"
    ):
        given_labels.require(recipe(labels=labels))
