"""A recipe's ONNX file becomes an architecture."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto

from passerelle.artifact import onnx_file
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import ONNX, Input, Recipe
from services.bake import onnx_network
from services.bake.errors import ArchitectureError
from services.bake.onnx_graph import OnnxGraph
from tests.support import onnx_files

pytestmark = pytest.mark.torch


def recipe(path: Path, **fields: Any) -> Recipe:
    return Recipe(**{"id": "net", "architecture": ONNX, "weights": f"file:{path}"} | fields)


def test_the_file_says_what_the_manifest_leaves_out(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", shape=(1, 1, 48, 64))
    built = onnx_network.build(recipe(path), tmp_path)
    assert (built.input.size, built.input.channels, built.input.mean) == ((48, 64), 1, (0.449,))
    assert (built.task, built.labels, built.made_in) == ("classification", None, "float32")
    assert isinstance(built.graph, OnnxGraph)


def test_the_manifest_says_what_the_file_leaves_open(tmp_path: Path) -> None:
    path = onnx_files.classifier(
        tmp_path / "net.onnx", shape=("n", 3, "h", "w"), datatype=TensorProto.FLOAT16
    )
    shape = Input(size=(32, 64), channels="bgr", fit="letterbox", mean=(0.5,), std=(0.25,))
    built = onnx_network.build(recipe(path, input=shape, task="tensor"), tmp_path)
    assert (built.input.size, built.input.order, built.input.fit) == ((32, 64), "bgr", "letterbox")
    assert (built.task, built.made_in) == ("tensor", "float16")


def test_what_does_not_fit_is_told_with_the_models_id(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", shape=(8, 3, 64, 64))
    with pytest.raises(ArchitectureError, match=r"net: net.onnx takes 8 pictures at once"):
        onnx_network.build(recipe(path), tmp_path)
    (tmp_path / "net.onnx").write_text("text")
    with pytest.raises(ArchitectureError, match=r"net: .*net.onnx is no ONNX file"):
        onnx_network.build(recipe(path), tmp_path)


def test_the_files_digest_is_the_manifests(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert onnx_network.build(recipe(path, sha256=digest), tmp_path).graph
    with pytest.raises(WeightsError, match="as the manifest says"):
        onnx_network.build(recipe(path, sha256="0" * 64), tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{0: 'person', 1: \"dog's\"}", ["person", "dog's"]),
        ("['a', 'b']", ["a", "b"]),
        ("{1: 'a', 2: 'b'}", None),  # not from 0 on
        ("{0: 'a', 1: 2}", None),
        ("{0: ''}", None),
        ("{}", None),
        ("a, b", None),
        ("", None),
        ("[" * 9999, None),
    ],
)
def test_names_in_a_files_metadata_are_those_of_its_classes(
    text: str, expected: list[str] | None
) -> None:
    file = onnx_file.OnnxFile((), (), (), 17, {"names": text}, frozenset(), ())
    assert onnx_network.class_names(file) == expected
