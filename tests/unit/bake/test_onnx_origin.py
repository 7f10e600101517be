"""Which operation made an output of an ONNX file."""

import pytest

from passerelle.artifact.onnx_file import Node
from services.bake import onnx_origin, origin


def chain(*operators: str) -> list[Node]:
    """Operations, each of which takes what the one before gives, and a weight."""
    return [
        Node(each, (f"t{number}", "weight"), (f"t{number + 1}",))
        for number, each in enumerate(operators)
    ]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        (["Conv", "GlobalAveragePool", "Flatten", "Gemm"], origin.LINEAR),
        (["MatMul", "Add"], origin.LINEAR),
        (["Gemm", "Softmax"], origin.SOFTMAX),
        (["Gemm", "Softmax", "Reshape", "Identity", "Clip"], origin.SOFTMAX),
        (["Gemm", "LogSoftmax"], origin.LOG_SOFTMAX),
        (["Gemm", "Sigmoid", "Squeeze"], origin.SIGMOID),
        (["Gemm", "QuantizeLinear", "DequantizeLinear"], origin.LINEAR),
        (["Gemm", "Relu"], "relu"),
        (["acme:Magic"], "acme:Magic"),
    ],
)
def test_the_last_operation_that_counts_is_found(operators: list[str], expected: str) -> None:
    assert onnx_origin.of(chain(*operators), f"t{len(operators)}") == expected


def test_a_shape_that_is_computed_is_no_value() -> None:
    nodes = [
        Node("Gemm", ("x", "w"), ("logits",)),
        Node("Shape", ("x",), ("shape",)),
        Node("Constant", (), ("one",)),
        Node("Concat", ("shape", "one"), ("target",)),
        Node("Softmax", ("logits",), ("scores",)),
        Node("Reshape", ("scores", "target"), ("out",)),
        Node("Mul", ("out", "one"), ("scaled",)),
    ]
    assert onnx_origin.of(nodes, "out") == origin.SOFTMAX
    assert onnx_origin.of(nodes, "scaled") == origin.SOFTMAX


def test_what_no_node_made_is_unknown() -> None:
    assert onnx_origin.of([], "x") == origin.UNKNOWN
