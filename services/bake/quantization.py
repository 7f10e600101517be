"""Fewer bits: a model in int8, and how often a lower precision gives the same answer."""

import logging
from pathlib import Path

import numpy as np
import openvino

from services.model.decode import Pixels
from services.model.engines import Engine


def to_int8(folder: Path, ranges: list[Pixels]) -> None:
    """Replace an artifact's fp32 model by one whose weights and activations are int8.

    NNCF's static quantization with three choices:
    - An activation's range reaches from the least to the greatest value that `ranges` give it.
      The mean of each picture's, NNCF's default, cuts off highlights.
    - All channels of an activation have one range. A channel's own, from few photographs, cuts
      off what others hold.
    - Weights fill half of int8's range: a processor without VNNI adds two products in 16 bits.
    """
    import nncf

    nncf.set_log_level(logging.ERROR)
    model = openvino.Core().read_model(folder / "model.xml")
    dataset = nncf.Dataset([pixels[np.newaxis] for pixels in ranges])
    advanced = nncf.quantization.advanced_parameters
    estimators = nncf.quantization.range_estimator.RangeEstimatorParametersSet
    choices = advanced.AdvancedQuantizationParameters(
        overflow_fix=nncf.OverflowFix.ENABLE,
        activations_range_estimator_params=estimators.MINMAX,
        activations_quantization_params=advanced.QuantizationParameters(per_channel=False),
    )
    lower = nncf.quantize(model, dataset, subset_size=len(ranges), advanced_parameters=choices)
    openvino.save_model(lower, folder / "int8.xml", compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        (folder / "int8").with_suffix(suffix).replace((folder / "model").with_suffix(suffix))


def agreement(lower: Engine, full: Engine, judge: list[Pixels]) -> float:
    """The share of pictures (0..1) on which two engines find the same class the likeliest."""
    return float(np.mean([likeliest(lower, pixels) == likeliest(full, pixels) for pixels in judge]))


def likeliest(engine: Engine, pixels: Pixels) -> int:
    """The class with the largest logit."""
    with engine.stream() as stream:
        return int(stream.infer(pixels).argmax())
