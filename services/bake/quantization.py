"""Lower precisions: a model in bf16 or int8, and how far its answers are those of fp32."""

import logging
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
import openvino

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from passerelle.protocol import problems
from services.bake import calibration, forward
from services.bake.errors import BakeError
from services.model import engines, processors
from services.model.decode import Prepared
from services.model.engines.engine import Engine
from services.model.placement import Placement
from services.model.tasks.classification import Classification
from services.model.tasks.task import Task
from services.model.tensors import Tensors


class Agreement(TypedDict):
    """A card's `agreement`: how far the answers are fp32's, on average of the pictures."""

    measure: str  # what `value` is, in words: the task's
    value: float  # 0..1
    top1: NotRequired[float]  # the same, of a classification
    pictures: int
    of: str


def lower(
    recipe: Recipe, fp32: Engine, shape: Input, folder: Path, task: Task
) -> tuple[Engine, Agreement]:
    """The model in the recipe's precision, and how far it agrees with fp32.

    Raises:
        BakeError: less than the manifest accepts, or it gives no numbers.
    """
    if recipe.precision == "int8":
        to_int8(folder, [forward.inputs(each) for each in calibration.ranges(recipe, shape)])
    judge = calibration.judge(recipe, shape)
    engine = engines.load(recipe.engine, folder, processors.count(), recipe.precision)
    for path in calibration.PICTURES:
        outputs = engine.infer(forward.inputs(calibration.prepared(path, shape)))
        forward.require_numbers(recipe.id, path.name, outputs, f" in {recipe.precision}")
    share = agreement(engine, fp32, judge, task)
    accepted = recipe.accept.agreement if recipe.accept else 0.0
    if share < accepted:
        raise BakeError(
            f"{recipe.id} in {recipe.precision} agrees with fp32 by {share:.1%} on "
            f"{len(judge)} pictures ({task.agreement_is}); accept asks for {accepted:.1%}. Give a "
            "calibration folder of your own pictures, or accept less."
        )
    origin = "the calibration folder" if recipe.calibration else "crops of photographs"
    return engine, describe(task, round(share, 4), len(judge), origin)


def describe(task: Task, share: float, pictures: int, origin: str) -> Agreement:
    """The agreement for the card."""
    found: Agreement = {
        "measure": task.agreement_is,
        "value": share,
        "pictures": pictures,
        "of": origin,
    }
    return {**found, "top1": share} if isinstance(task, Classification) else found


def to_int8(folder: Path, ranges: list[Tensors]) -> None:
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
    dataset = nncf.Dataset(ranges, dict)
    advanced = nncf.quantization.advanced_parameters
    estimators = nncf.quantization.range_estimator.RangeEstimatorParametersSet
    choices = advanced.AdvancedQuantizationParameters(
        overflow_fix=nncf.OverflowFix.ENABLE,
        activations_range_estimator_params=estimators.MINMAX,
        activations_quantization_params=advanced.QuantizationParameters(per_channel=False),
    )
    quantized = nncf.quantize(model, dataset, subset_size=len(ranges), advanced_parameters=choices)
    openvino.save_model(quantized, folder / "int8.xml", compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        (folder / "int8").with_suffix(suffix).replace((folder / "model").with_suffix(suffix))


def agreement(engine: Engine, fp32: Engine, pictures: list[Prepared], task: Task) -> float:
    """How far an engine's answers are those of fp32, 0..1, on average of the pictures.

    An answer that is no number agrees with none.
    """
    inputs = [forward.inputs(each) for each in pictures]
    expected = [fp32.infer(each) for each in inputs]
    judge = task.judged_beside(expected)
    shares = [
        agreement_on(judge, picture.placement, one, engine.infer(each))
        for picture, one, each in zip(pictures, expected, inputs, strict=True)
    ]
    return float(np.mean(shares))


def agreement_on(task: Task, placement: Placement, expected: Tensors, given: Tensors) -> float:
    """How far two runs on one picture agree, 0..1."""
    try:
        return task.agreement(task.decision(expected, placement), task.decision(given, placement))
    except problems.NonFiniteOutput:
        return 0.0
