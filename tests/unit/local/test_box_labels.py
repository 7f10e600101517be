"""passerelle/local/box_labels.py: which category is which of a model's classes."""

from pathlib import Path

import pytest

from passerelle.local import box_labels, pictures
from passerelle.local.box_labels import BoxLabels
from services.bake.metrics import LabelledBox

FILE = Path("a.png")


def labels(missing: int = 0, **categories: int) -> BoxLabels:
    """A picture with a box of each category."""
    boxes = [LabelledBox(number, 0, 0, 1, 1) for number in categories.values()]
    by_number = {number: name for name, number in categories.items()}
    return BoxLabels(Path("boxes.json"), by_number, {FILE: boxes}, missing)


def classes(found: BoxLabels, names: list[str]) -> list[int]:
    return [box.class_id for box in box_labels.in_numbers(found, names, "own")[str(FILE)]]


def test_categories_are_classes_by_name_and_others_are_left_out() -> None:
    given = labels(cat=1, DOG=2, zebra=0)
    names = ["dog", "cat", "bird"]
    assert classes(given, names) == [1, 0]
    assert box_labels.notes(given, names, "own") == [
        "own: 2 of 3 categories found by name; left out: zebra"
    ]


def test_they_are_classes_by_number_where_none_has_the_name_of_one() -> None:
    given = labels(missing=2, cat=1, dog=2, zebra=3)
    names = ["0", "1", "2"]
    assert classes(given, names) == [1, 2]
    assert box_labels.notes(given, names, "own") == [
        "own: 2 of 3 categories found by number, since none has the name of a class; "
        "left out: zebra; 2 pictures that boxes.json names aren't here"
    ]


def test_a_name_that_two_classes_have_is_neither() -> None:
    assert box_labels.match({0: "n/a", 1: "cat"}, ["N/A", "N/A", "cat"]).classes == {1: 2}


def test_a_model_that_has_none_of_them_is_told() -> None:
    expected = r"boxes.json: own has none of its categories \('zebra'\). Name .* such as 'cat'"
    with pytest.raises(pictures.PicturesError, match=expected):
        box_labels.in_numbers(labels(zebra=9), ["cat"], "own")


def test_many_names_are_cut_short() -> None:
    assert box_labels.listed(["a"] * 12).endswith("a, a and 2 more")
