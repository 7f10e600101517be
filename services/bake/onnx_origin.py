"""Which operation made an output of an ONNX file, told from its nodes; see origin.py."""

from collections.abc import Iterable

from passerelle.artifact.onnx_file import Node
from services.bake import origin

# torch's names of the operations that count, by ONNX's.
TORCH_NAMES = {
    "Add": "add",
    "AveragePool": "avg_pool2d",
    "BatchNormalization": "batch_norm",
    "Cast": "to",
    "Clip": "clamp",
    "Concat": "cat",
    "Conv": "convolution",
    "ConvInteger": "convolution",
    "ConvTranspose": "convolution",
    "DequantizeLinear": "to",
    "Div": "div",
    "Dropout": "dropout",
    "Exp": "exp",
    "Expand": "expand",
    "Flatten": "flatten",
    "Gather": "gather",
    "Gemm": "addmm",
    "GlobalAveragePool": "adaptive_avg_pool2d",
    "HardSigmoid": "hardsigmoid",
    "Identity": "alias",
    "LogSoftmax": "log_softmax",
    "MatMul": "matmul",
    "MatMulInteger": "matmul",
    "Mul": "mul",
    "Neg": "neg",
    "QuantizeLinear": "to",
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "Relu": "relu",
    "Reshape": "reshape",
    "Sigmoid": "sigmoid",
    "Slice": "slice",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Split": "split",
    "Squeeze": "squeeze",
    "Sub": "sub",
    "Tanh": "tanh",
    "Transpose": "transpose",
    "Unsqueeze": "unsqueeze",
}
ALL_COUNT = ("Add", "Concat", "Div", "Mul", "Sub")  # of others the first input, as it holds values
CONSTANTS = ("Constant", "ConstantOfShape", "Shape", "Size")  # which no picture's values make


def of(nodes: Iterable[Node], output: str) -> str:
    """The operation that made an output; origin.UNKNOWN where no node did."""
    made: dict[str, str | None] = {}
    for node in nodes:  # which the format has in the order in which they run
        inputs = node.inputs if node.operator in ALL_COUNT else node.inputs[:1]
        known = [made.get(each) for each in inputs]
        name = TORCH_NAMES.get(node.operator, node.operator)
        found = None if node.operator in CONSTANTS else origin.next_origin(name, known)
        made |= dict.fromkeys(node.outputs, found)
    return made.get(output) or origin.UNKNOWN
