"""What an ONNX file says, read without onnx; onnx itself makes the files."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from passerelle.artifact import onnx_file
from passerelle.artifact.onnx_file import OnnxError, Tensor
from tests.support import onnx_files


def test_inputs_and_outputs_have_their_names_shapes_and_types(tmp_path: Path) -> None:
    path = onnx_files.classifier(
        tmp_path / "net.onnx", shape=("n", 3, "height", 64), metadata={"names": "{0: 'a'}"}
    )
    found = onnx_file.read(path)
    assert found.inputs == (Tensor("images", (-1, 3, -1, 64), "FP32"),)
    assert found.outputs == (Tensor("logits", (-1, onnx_files.CLASSES), "FP32"),)
    assert [each.operator for each in found.nodes] == [
        "Conv", "Relu", "GlobalAveragePool", "Flatten", "MatMul",
    ]  # fmt: skip
    assert (found.nodes[-1].inputs, found.nodes[-1].outputs) == (("flat", "matrix"), ("logits",))
    assert (found.opset, found.metadata) == (onnx_files.OPSET, {"names": "{0: 'a'}"})
    assert found.weights == frozenset({"FP32"})
    assert found.external == ()


@pytest.mark.parametrize("number", list(onnx_file.DATATYPES))
def test_each_type_has_the_word_of_the_open_inference_protocol(number: int, tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", number, (2,))
    graph = helper.make_graph([onnx_files.node("Identity", "x", "y")], "g", [value], [value])
    path = onnx_files.save(graph, tmp_path / "net.onnx")
    (found,) = onnx_file.read(path).inputs
    words = {"FLOAT": "FP32", "DOUBLE": "FP64", "FLOAT16": "FP16", "BFLOAT16": "BF16",
             "STRING": "BYTES"}  # fmt: skip
    name = TensorProto.DataType.Name(number)
    assert found.datatype == words.get(name, name)


def test_weights_that_an_old_file_lists_among_its_inputs_are_none(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx")
    model = onnx.load(path)
    for each in model.graph.initializer:
        model.graph.input.append(
            helper.make_tensor_value_info(each.name, each.data_type, each.dims)
        )
    onnx.save(model, path)
    assert [each.name for each in onnx_file.read(path).inputs] == ["images"]


def test_files_that_hold_weights_are_named_those_of_inner_graphs_too(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx", external="net.data")
    assert onnx_file.read(path).external == ("net.data",)
    lone = numpy_helper.from_array(numpy_helper.to_array(onnx.load(path).graph.initializer[0]), "w")
    onnx.external_data_helper.set_external_data(lone, "inner.data")
    lone.data_location = TensorProto.EXTERNAL
    empty = helper.make_empty_tensor_value_info("w")
    branch = helper.make_graph([], "branch", [], [empty], [lone])
    choice = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    given = helper.make_tensor_value_info("c", TensorProto.BOOL, ())
    graph = helper.make_graph([choice], "g", [given], [helper.make_empty_tensor_value_info("y")])
    model = helper.make_model(graph)
    (tmp_path / "branches.onnx").write_bytes(model.SerializeToString())
    assert onnx_file.read(tmp_path / "branches.onnx").external == ("inner.data",)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = onnx_files.classifier(tmp_path / "net.onnx")
    assert onnx_file.read(path).opset == onnx_files.OPSET
    onnx_files.classifier(path, opset=16)
    assert onnx_file.read(path).opset == 16


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "it is empty"),
        (b"hello, this is a text", "or it is cut short"),
        (b"PK\x03\x04rest", "a torch checkpoint: write its module:callable"),
        (b"\x80\x02rest", "a torch checkpoint"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run git lfs pull"),
        (b"<!doctype html>", "download it again"),
        (b"\x1c\x00\x00\x00TFL3", "tf2onnx"),
        (b"\x08\x08", "or it is cut short"),  # a message, without a graph
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "or it is cut short"),  # longer than the file
        (b"\x38\x01\x42\x00", "or it is cut short"),  # a number, where the graph is
        (b"\xff" * 20, "or it is cut short"),
    ],
)
def test_another_file_is_told_as_what_it_is(content: bytes, advice: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(OnnxError, match=advice):
        onnx_file.read(tmp_path / "net.onnx")


def test_a_file_that_ends_anywhere_is_told(tmp_path: Path) -> None:
    whole = onnx_files.classifier(tmp_path / "net.onnx").read_bytes()
    for length in range(0, len(whole) - 60, 37):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        with pytest.raises(OnnxError):
            onnx_file.read(tmp_path / "cut.onnx")
