"""Small ONNX files, made operation by operation: a convolution, and what a task has behind it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
DOMAINS = ("acme", "com.microsoft")  # of operators that aren't ONNX's own
CHANNELS, FEATURES, CLASSES = 3, 8, 5
Shape = Sequence[int | str]  # a text is the name of a side that varies
Node = Any  # onnx carries no types for what its helper makes


def net(
    path: Path,
    *tail: Node,
    shape: Shape = (1, CHANNELS, 64, 64),
    datatype: int = TensorProto.FLOAT,
    outputs: Sequence[str] = ("logits",),
    opset: int = OPSET,
    metadata: Mapping[str, str] | None = None,
    is_last: bool = False,
    external: str = "",
) -> Path:
    """A file whose convolution gives `features`, from which `tail` makes its outputs.

    `is_last` says that channels are the input's last axis. `external` names the file beside it that
    its weights go to.
    """
    chance = np.random.default_rng(0)
    channels = int(shape[-1 if is_last else 1]) if len(shape) == 4 else CHANNELS
    kind = helper.tensor_dtype_to_np_dtype(datatype)
    wide = np.float32 if datatype == TensorProto.UINT8 else kind
    weights = {
        "kernel": chance.normal(0, 0.3, (FEATURES, channels, 3, 3)),
        "matrix": chance.normal(0, 1, (FEATURES, CLASSES)),
    }
    nodes, name = [], "images"
    if datatype == TensorProto.UINT8:
        nodes.append(helper.make_node("Cast", [name], ["wide"], to=TensorProto.FLOAT))
        name = "wide"
    if is_last:
        nodes.append(helper.make_node("Transpose", [name], ["first"], perm=[0, 3, 1, 2]))
        name = "first"
    nodes.append(
        helper.make_node("Conv", [name, "kernel"], ["convolved"], pads=[1] * 4, strides=[2, 2])
    )
    nodes.append(helper.make_node("Relu", ["convolved"], ["features"]))
    graph = helper.make_graph(
        [*nodes, *tail],
        "net",
        [helper.make_tensor_value_info("images", datatype, shape)],
        [helper.make_empty_tensor_value_info(each) for each in outputs],
        [numpy_helper.from_array(each.astype(wide), name) for name, each in weights.items()],
    )
    return save(graph, path, opset, metadata or {}, external)


def save(
    graph: Any, path: Path, opset: int = OPSET, metadata: Mapping[str, str] = {}, external: str = ""
) -> Path:
    """Write a graph's file."""
    model = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[
            helper.make_opsetid("", opset),
            *(helper.make_opsetid(each, 1) for each in DOMAINS),
        ],
    )
    helper.set_model_props(model, dict(metadata))
    if opset <= OPSET and not any(each.domain for each in graph.node):
        model = onnx.shape_inference.infer_shapes(model)
    onnx.save(
        model, path, save_as_external_data=bool(external), location=external or None,
        size_threshold=0,
    )  # fmt: skip
    return path


def classifier(path: Path, *ending: Node, **options: Any) -> Path:
    """A classifier of CLASSES, by pooling and a matrix product; `ending` comes behind `values`."""
    tail = [
        helper.make_node("GlobalAveragePool", ["features"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["values" if ending else "logits"]),
    ]
    return net(path, *tail, *ending, **options)


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Node:
    """An operation, with the names of its inputs and outputs between spaces."""
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)
