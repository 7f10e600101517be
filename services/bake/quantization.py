"""Lower precisions: a model in bf16 or int8, and how far its answers are those of fp32."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
import openvino

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from passerelle.protocol import problems
from services.bake import calibration, forward, picture_way, postprocessing
from services.bake.errors import BakeError, ForwardError
from services.bake.picture_way import Picture
from services.model import engines, processors
from services.model.engines.engine import Engine
from services.model.handled import NO_HANDLER, Handled
from services.model.tasks.classification import Classification
from services.model.tasks.detection import Detection
from services.model.tasks.task import Task
from services.model.tasks.tensor import RawTensors
from services.model.tensors import Tensors

MAKE_PIXELS = {Detection.name, RawTensors.name}  # tasks whose outputs may be coordinates


class Agreement(TypedDict):
    """A card's `agreement`: how far the answers are fp32's, on average of the pictures."""

    measure: str  # what `value` is, in words: the task's
    value: float  # 0..1
    top1: NotRequired[float]  # the same, of a classification
    pictures: int
    of: str


def lower(  # noqa: PLR0913, PLR0917  # all that a picture's way needs
    recipe: Recipe,
    fp32: Engine,
    shape: Input,
    folder: Path,
    task: Task,
    handled: Handled = NO_HANDLER,
) -> tuple[Engine, Agreement]:
    """The model in the recipe's precision, and how far it agrees with fp32.

    Raises:
        BakeError: less than the manifest accepts, or it gives no numbers.
    """
    if recipe.precision == "int8":
        ranges = calibration.ranges(recipe, shape, handled)
        to_int8(folder, [each.inputs for each in ranges], task.name)
    judge = calibration.judge(recipe, shape, handled)
    engine = engines.load(recipe.engine, folder, processors.count(), recipe.precision)
    for path in calibration.PICTURES:
        outputs = engine.infer(picture_way.of_file(handled, path, shape).inputs)
        forward.require_numbers(recipe.id, path.name, outputs, f" in {recipe.precision}")
    share = agreement(engine, fp32, judge, task, handled)
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


def to_int8(folder: Path, ranges: list[Tensors], task: str) -> None:
    """Replace an artifact's fp32 model by one whose weights and activations are int8.

    NNCF's static quantization with three choices:
    - An activation's range reaches from the least to the greatest value that `ranges` give it.
      The mean of each picture's, NNCF's default, cuts off highlights.
    - All channels of an activation have one range. A channel's own, from few photographs, cuts
      off what others hold.
    - Weights fill half of int8's range: a processor without VNNI adds two products in 16 bits.
    What makes boxes of the network's values stays in fp32: see postprocessing.
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
    kept = postprocessing.names(model) if task in MAKE_PIXELS else []
    quantized = nncf.quantize(
        model, dataset, subset_size=len(ranges), advanced_parameters=choices,
        ignored_scope=nncf.IgnoredScope(names=kept, validate=False),
    )  # fmt: skip
    openvino.save_model(quantized, folder / "int8.xml", compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        (folder / "int8").with_suffix(suffix).replace((folder / "model").with_suffix(suffix))


def agreement(
    engine: Engine,
    fp32: Engine,
    pictures: Sequence[Picture],
    task: Task,
    handled: Handled = NO_HANDLER,
) -> float:
    """How far an engine's answers are those of fp32, 0..1, on average of the pictures.

    An answer that is no number agrees with none.
    """
    expected = [picture_way.finished(handled, each, fp32.infer(each.inputs)) for each in pictures]
    judge = task.judged_beside(expected)
    shares = [
        agreement_on(judge, picture, one, engine.infer(picture.inputs), handled)
        for picture, one in zip(pictures, expected, strict=True)
    ]
    return float(np.mean(shares))


def agreement_on(
    task: Task, picture: Picture, expected: Tensors, outputs: Tensors, handled: Handled
) -> float:
    """How far an engine's outputs for a picture come to what is expected, 0..1."""
    placement = picture.placement
    try:
        given = picture_way.finished(handled, picture, outputs)
        return task.agreement(task.decision(expected, placement), task.decision(given, placement))
    except (problems.NonFiniteOutput, ForwardError):
        return 0.0
