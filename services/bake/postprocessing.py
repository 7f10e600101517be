"""The part of a detector's graph that makes boxes of its network's values, which stays in fp32.

Its numbers are pixels: in steps of a 255th of the input they would be off by some.
"""

from collections.abc import Iterator
from typing import Any

WEIGHTED = {"Convolution", "GroupConvolution", "MatMul"}  # what a network's layers are
FEATURES = {"ROIAlign": 1}  # how many inputs are features; the others are boxes, made before


def names(model: Any) -> list[str]:
    """The names of an OpenVINO model's operations that no layer follows.

    Boxes that a layer's features are cut out by, as in Faster R-CNN, count as made at the end.
    """
    layers = [each for each in model.get_ops() if each.get_type_name() in WEIGHTED]
    before: set[str] = set()
    while layers:
        node = layers.pop()
        if node.get_friendly_name() not in before:
            before.add(node.get_friendly_name())
            layers += inputs(node)
    return [
        each.get_friendly_name()
        for each in model.get_ops()
        if each.get_friendly_name() not in before and each.get_type_name() != "Constant"
    ]


def inputs(node: Any) -> Iterator[Any]:
    """The operations that make what one takes as features."""
    count = FEATURES.get(node.get_type_name(), node.get_input_size())
    yield from (node.input_value(index).get_node() for index in range(count))
