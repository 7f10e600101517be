"""A recipe's ONNX file, and the files that its weights lie in."""

from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import inputs, onnx_source, store
from passerelle.artifact.onnx_file import OnnxError
from passerelle.manifest.model import ONNX, Input, Recipe
from tests.support import onnx_files


def recipe(path: Path, **fields: Any) -> Recipe:
    return Recipe(**{"id": "net", "architecture": ONNX, "weights": f"file:{path}"} | fields)


def test_a_file_that_is_whole_and_fits_passes(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx")
    onnx_source.require(recipe(path))
    onnx_source.require(recipe(path, input=Input(size=(64, 64)), precision="int8"))


def test_other_architectures_have_none(tmp_path: Path) -> None:
    other = recipe(tmp_path / "none.onnx", architecture="nets:Net")
    assert onnx_source.file(other) is None
    assert onnx_source.external(other) == {}
    onnx_source.require(other)


def test_what_is_wrong_with_a_file_names_it(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx")
    with pytest.raises(OnnxError, match=r"net.onnx takes pictures of 64 x 64"):
        onnx_source.require(recipe(path, input=Input(size=(224, 224))))


def test_a_quantized_file_is_not_quantized_again(tmp_path: Path) -> None:
    tail = onnx_files.node("DynamicQuantizeLinear", "features", "bytes scale zero")
    path = onnx_files.net(tmp_path / "net.onnx", tail, outputs=["bytes"])
    onnx_source.require(recipe(path))
    with pytest.raises(OnnxError, match="quantized already; write precision: fp32"):
        onnx_source.require(recipe(path, precision="int8"))


def test_weights_beside_a_file_are_part_of_what_is_baked(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", external="net.data")
    given, beside = recipe(path), tmp_path / "net.data"
    assert onnx_source.external(given) == {"net.data": beside}
    assert {path, beside} <= inputs.paths(given)
    before = store.digest(given)
    beside.write_bytes(beside.read_bytes()[::-1])
    assert store.digest(given) != before


@pytest.mark.parametrize("name", ["../net.data", "/etc/net.data"])
def test_weights_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match="which isn't beside it"):
        onnx_source.require_external(tmp_path / "net.onnx", (name,))


def test_weights_that_are_not_there_are_told(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", external="net.data")
    (tmp_path / "net.data").unlink()
    with pytest.raises(OnnxError, match=r"net.onnx has weights in net.data; put that file"):
        onnx_source.require(recipe(path))
