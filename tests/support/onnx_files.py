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


def squares(path: Path, size: int = 320, names: Sequence[str] = ("red", "blue")) -> Path:
    """A network that finds a square of each colour, and answers as the YOLO family does.

    Of each it gives three boxes, one beside the other: (1, 4 + colours, 3 * colours) with centres,
    sizes and scores. `names` are of red, green and blue; what is found is strong in that alone.
    """
    kernel = np.full((len(names), 3, 1, 1), -40.0, np.float32)
    for row, name in enumerate(names):
        kernel[row, ("red", "green", "blue").index(name)] = 40
    shifts = np.array([[0, 3, 6]] * 2 + [[0, 0, 0]] * 2, np.float32)
    falling = np.array([1, 0.9, 0.8], np.float32)
    chosen = np.repeat(np.eye(len(names), dtype=np.float32)[..., None], 3, 2) * falling
    constants = {
        "kernel": kernel,
        "bias": np.full(len(names), -25.0, np.float32),
        "x": np.arange(size, dtype=np.float32).reshape(1, 1, 1, size) + 0.5,
        "y": np.arange(size, dtype=np.float32).reshape(1, 1, size, 1) + 0.5,
        "sides": np.array([2, 3]),
        "flat": np.array([1, 1, -1]),
        "few": np.array(1, np.float32),
        "many": np.array(400, np.float32),
        "one": np.array(1, np.float32),
        "shifts": np.tile(shifts, len(names))[np.newaxis],
        "chosen": chosen.transpose(1, 0, 2).reshape(1, len(names), -1),
    }
    nodes = [
        node("Conv", "images kernel bias", "distance"),
        node("Sigmoid", "distance", "mask"),
        node("ReduceSum", "mask sides", "area", keepdims=1),
        node("Max", "area few", "divisor"),
        *(step for side in "xy" for step in centre(side)),
        node("Sqrt", "area", "width"),
        *(node("Reshape", f"{each} flat", f"{each}_row") for each in ("width", "area")),
        node("Concat", "x_row y_row width_row width_row", "edges", axis=1),
        *(node("Div", "area_row many", "large"), node("Min", "large one", "share")),
        node("Concat", "edges share", "all", axis=1),
        *tripled(len(names)),
        node("Add", "boxes shifts", "moved"),
        node("Mul", "shares chosen", "scores"),
        node("Concat", "moved scores", "output0", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "squares",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, size, size))],
        [helper.make_empty_tensor_value_info("output0")],
        [numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()],
    )
    return save(graph, path, metadata={"names": str(dict(enumerate(names)))})


def centre(side: str) -> list[Node]:
    """The middle of each mask along a side, as a row."""
    return [
        node("Mul", f"mask {side}", f"{side}_weighted"),
        node("ReduceSum", f"{side}_weighted sides", f"{side}_sum", keepdims=1),
        node("Div", f"{side}_sum divisor", f"{side}_middle"),
        node("Reshape", f"{side}_middle flat", f"{side}_row"),
    ]


def tripled(colours: int) -> list[Node]:
    """Each box of `all` three times, one behind the other, apart from its shares."""
    repeated = numpy_helper.from_array(np.repeat(np.arange(colours), 3), "")
    return [
        node("Constant", "", "numbers", value=repeated),
        node("Gather", "all numbers", "thrice", axis=2),
        node("Constant", "", "parts", value=numpy_helper.from_array(np.array([4, 1]), "")),
        node("Split", "thrice parts", "boxes shares", axis=1),
    ]
