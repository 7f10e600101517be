"""An ONNX file is run by ONNX Runtime, and converted for OpenVINO."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

from passerelle.artifact import onnx_file, onnx_input
from passerelle.artifact.card import Input
from services.bake import onnx_graph, origin
from services.bake.errors import EngineError, ForwardError, OutputError
from services.bake.graph import TOLERANCE
from services.bake.onnx_graph import OnnxGraph
from services.model.engines import openvino
from services.model.tensors import PIXELS, Tensors
from tests.support import onnx_files
from tests.support.onnx_files import node

SHAPE = Input((64, 64), None, "bilinear", (0.4, 0.5, 0.6), (0.2, 0.3, 0.25))
RAW = Input((64, 64), None, "bilinear", (0.0,) * 3, (1 / 255,) * 3)


def graph_of(path: Path, shape: Input = SHAPE) -> OnnxGraph:
    file = onnx_file.read(path)
    return OnnxGraph("net", path, file, onnx_input.of(file), shape)


def picture(shape: Input = SHAPE) -> Tensors:
    chance = np.random.default_rng(1)
    return {PIXELS: chance.integers(0, 256, (1, *shape.shape), np.uint8)}


def served(graph: OnnxGraph, chosen: dict[str, str], folder: Path, shape: Input = SHAPE) -> Tensors:
    """What OpenVINO gives for a picture."""
    graph.convert("openvino", chosen, picture(shape), folder)
    return openvino.load(folder, 1).infer(picture(shape))


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, SHAPE),
        ({"shape": ("n", 3, "h", "w")}, SHAPE),
        ({"shape": (1, 64, 64, 3), "is_last": True}, SHAPE),
        ({"shape": (1, 64, 64, 3), "is_last": True, "datatype": TensorProto.UINT8}, RAW),
        ({"datatype": TensorProto.FLOAT16}, SHAPE),
        ({"shape": (1, 1, 64, 64)}, Input((64, 64), None, "bilinear", (0.4,), (0.2,), 1)),
        ({"external": "net.data"}, SHAPE),
    ],
)
def test_the_artifact_gives_what_onnx_runtime_gives(
    options: dict[str, Any], shape: Input, tmp_path: Path
) -> None:
    graph = graph_of(onnx_files.classifier(tmp_path / "net.onnx", **options), shape)
    expected = graph.run(picture(shape))
    assert {name: each.shape for name, each in expected.items()} == {"logits": (1, 5)}
    given = served(graph, {"values": "logits"}, tmp_path, shape)
    assert list(given) == ["values"]
    assert given["values"].dtype == expected["logits"].dtype == np.float32
    scale = np.abs(expected["logits"]).max()
    np.testing.assert_allclose(
        given["values"], expected["logits"], rtol=0, atol=graph.tolerance * scale
    )


def test_the_picture_is_scaled_and_normalised_before_it_goes_in(tmp_path: Path) -> None:
    path = onnx_files.net(
        tmp_path / "net.onnx", node("Identity", "images", "seen"), outputs=["seen"]
    )
    seen = graph_of(path).run(picture())["seen"]
    pixels = picture()[PIXELS].astype(np.float32)
    expected = ((pixels / 255 - np.array(SHAPE.mean)) / np.array(SHAPE.std)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(seen, expected, atol=1e-5)


def test_only_the_outputs_that_count_are_kept_by_the_names_they_get(tmp_path: Path) -> None:
    path = onnx_files.classifier(
        tmp_path / "net.onnx",
        node("Identity", "values", "a"),
        node("Identity", "features", "b"),
        node("ArgMax", "values", "c", axis=1),
        outputs=["a", "b", "c"],
    )
    graph = graph_of(path)
    given = served(graph, {"best": "c", "a": "b"}, tmp_path)
    expected = graph.run(picture())
    assert list(expected) == ["a", "b", "c"]
    assert list(given) == ["best", "a"]
    np.testing.assert_array_equal(given["best"], expected["c"])
    np.testing.assert_allclose(given["a"], expected["b"], atol=1e-3)


def test_what_made_an_output_is_told(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", node("Sigmoid", "values", "logits"))
    assert graph_of(path).made_by(picture(), "logits") == origin.SIGMOID


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"ending": node("Magic", "values", "logits")}, "Magic"),
        ({"ending": node("Magic", "values", "logits", domain="acme")}, "acme:Magic"),
        ({"opset": 99}, "of opset 99: .*Opset 99 is under development"),
    ],
)
def test_what_onnx_runtime_lacks_is_named(
    options: dict[str, Any], named: str, tmp_path: Path
) -> None:
    ending = [options.pop("ending")] if "ending" in options else []
    path = onnx_files.classifier(tmp_path / "net.onnx", *ending, **options)
    with pytest.raises(ForwardError, match=named) as raised:
        graph_of(path)
    assert "onnxruntime_src" not in str(raised.value)
    assert "Export it with another opset" in str(raised.value)


def test_what_openvino_lacks_is_named(tmp_path: Path) -> None:
    tail = node("Inverse", "features", "logits", domain="com.microsoft")
    graph = graph_of(onnx_files.net(tmp_path / "net.onnx", tail))
    told = r"net.onnx, of opset 17, can't be read by openvino, which says: .*com.microsoft.Inverse"
    with pytest.raises(EngineError, match=told):
        graph.convert("openvino", {"logits": "logits"}, picture(), tmp_path)


def test_a_network_that_fails_says_what_it_was_given_and_what_it_takes(tmp_path: Path) -> None:
    far = numpy_helper.from_array(np.array(99), "")
    tail = [node("Constant", "", "far", value=far), node("Gather", "features far", "y", axis=1)]
    graph = graph_of(onnx_files.net(tmp_path / "net.onnx", *tail, outputs=["y"]))
    told = r"net fails on a picture, given images \(1, 3, 64, 64\): .*Gather.*It takes images FP32"
    with pytest.raises(ForwardError, match=told):
        graph.run(picture())


def test_a_sequence_is_no_tensor(tmp_path: Path) -> None:
    path = onnx_files.net(tmp_path / "net.onnx", node("SequenceConstruct", "features", "logits"))
    with pytest.raises(OutputError, match="output logits is a list, no tensor"):
        graph_of(path).run(picture())


def test_half_precision_may_differ_more(tmp_path: Path) -> None:
    half = onnx_files.classifier(tmp_path / "half.onnx", datatype=TensorProto.FLOAT16)
    whole = onnx_files.classifier(tmp_path / "whole.onnx")
    assert graph_of(half).tolerance == onnx_graph.HALF_TOLERANCE
    assert graph_of(whole).tolerance == TOLERANCE


def test_torch_runs_none(tmp_path: Path) -> None:
    assert graph_of(onnx_files.classifier(tmp_path / "net.onnx")).engines == ("openvino",)
