"""What makes boxes of a network's values is known by what comes after the last layer."""

from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ov

from services.bake import postprocessing


def named(node: Any, name: str) -> Any:
    """An operation with that name."""
    node.set_friendly_name(name)
    return node


def convolution(of: Any, name: str) -> Any:
    """A layer of the network."""
    weights = np.ones((2, 2, 1, 1), np.float32)
    return named(ov.convolution(of, weights, [1, 1], [0, 0], [0, 0], [1, 1]), name)


def matmul(of: Any, name: str) -> Any:
    """Another one."""
    return named(
        ov.matmul(of, np.ones((8, 4), np.float32), transpose_a=False, transpose_b=False), name
    )


def kept(output: Any, *inputs: Any) -> set[str]:
    """The names that stay in fp32, less those of results."""
    model = openvino.Model([output], list(inputs))
    return {each for each in postprocessing.names(model) if not each.startswith("Result")}


def test_what_follows_the_last_layer_stays_as_it_is() -> None:
    pixels = named(ov.parameter([1, 2, 8, 8], np.float32), "pixels")
    scaled = named(ov.multiply(pixels, np.float32(0.5)), "scaled")
    first = convolution(scaled, "first")
    between = named(ov.relu(first), "between")
    last = convolution(between, "last")
    moved = named(ov.add(last, np.float32(3)), "moved")
    assert kept(named(ov.exp(moved), "grown"), pixels) == {"moved", "grown"}


def test_so_do_the_boxes_that_features_are_cut_out_by() -> None:
    pixels = named(ov.parameter([1, 2, 8, 8], np.float32), "pixels")
    features = convolution(pixels, "features")
    values = convolution(features, "values")
    proposals = named(ov.reshape(values, np.array([-1, 4]), special_zero=False), "proposals")
    indices = np.zeros(32, np.int64)
    cut = named(ov.roi_align(features, proposals, indices, 2, 2, 2, 1.0, "avg"), "cut")
    flat = named(ov.reshape(cut, np.array([-1, 8]), special_zero=False), "flat")
    head = matmul(flat, "head")
    assert kept(named(ov.softmax(head, 1), "scores"), pixels) == {"proposals", "scores"}
