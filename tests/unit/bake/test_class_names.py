"""The names of a model's classes."""

from pathlib import Path

import pytest

from services.bake import class_names
from services.bake.errors import BakeError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def test_the_manifests_come_first(tmp_path: Path) -> None:
    assert class_names.find(nets.recipe(labels=["a", "b"]), ["x", "y"], 2) == ["a", "b"]
    (tmp_path / "names.txt").write_text("chat\nchien\n")
    given = nets.recipe(labels=f"file:{tmp_path / 'names.txt'}")
    assert class_names.find(given, ["x", "y"], 2) == ["chat", "chien"]


def test_then_the_publishers_where_they_are_as_many() -> None:
    assert class_names.find(nets.recipe(), ["x", "y"], 2) == ["x", "y"]


def test_else_their_numbers() -> None:
    assert class_names.find(nets.recipe(), ["x", "y"], 3) == ["0", "1", "2"]
    assert class_names.find(nets.recipe(), None, 2) == ["0", "1"]


def test_imagenets_are_known() -> None:
    names = class_names.find(nets.recipe(labels="imagenet-1k"), None, 1000)
    assert names[285] == "Egyptian cat"


def test_too_few_or_too_many_fail_the_bake() -> None:
    with pytest.raises(BakeError, match="tiny has 3 classes, but labels names 2: is there"):
        class_names.find(nets.recipe(labels=["a", "b"]), None, 3)
