"""Lower precisions: a model in bf16 or int8, and how often it gives the same answer as in fp32."""

import logging
from pathlib import Path
from typing import TypedDict

import numpy as np
import openvino

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from passerelle.protocol import problems
from services.bake import activation, calibration, forward
from services.bake.activation import Found
from services.bake.errors import BakeError
from services.model import engines, processors
from services.model.decode import Pixels
from services.model.engines.engine import Engine
from services.model.tasks import classification
from services.model.tasks.classification import Scores


class Agreement(TypedDict):
    """A card's `agreement`: the share of pictures (0..1) for which the answer is fp32's.

    That is the likeliest class; where each class has a score of its own, all that are found.
    """

    top1: float
    pictures: int
    of: str


def lower(
    recipe: Recipe, fp32: Engine, shape: Input, folder: Path, scoring: Found
) -> tuple[Engine, Agreement]:
    """The model in the recipe's precision, and how often it agrees with fp32.

    Raises:
        BakeError: less often than the manifest accepts, or it gives no numbers.
    """
    if recipe.precision == "int8":
        to_int8(folder, calibration.ranges(recipe, shape))
    judge = calibration.judge(recipe, shape)
    engine = engines.load(recipe.engine, folder, processors.count(), recipe.precision)
    for path in calibration.PICTURES:
        values = engine.infer(calibration.decoded(path, shape))
        forward.require_numbers(recipe.id, path.name, values, f" in {recipe.precision}")
    share = agreement(engine, fp32, judge, scoring)
    accepted = recipe.accept.agreement if recipe.accept else 0.0
    if share < accepted:
        raise BakeError(
            f"{recipe.id} in {recipe.precision} agrees with fp32 on {share:.1%} of "
            f"{len(judge)} pictures; accept asks for {accepted:.1%}. Give a calibration folder of "
            "your own pictures, or accept less."
        )
    origin = "the calibration folder" if recipe.calibration else "crops of photographs"
    return engine, {"top1": round(share, 4), "pictures": len(judge), "of": origin}


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
    quantized = nncf.quantize(model, dataset, subset_size=len(ranges), advanced_parameters=choices)
    openvino.save_model(quantized, folder / "int8.xml", compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        (folder / "int8").with_suffix(suffix).replace((folder / "model").with_suffix(suffix))


def agreement(engine: Engine, fp32: Engine, pictures: list[Pixels], scoring: Found) -> float:
    """The share of pictures (0..1) for which an engine's answer is that of fp32.

    A score that isn't in 0..1 has no threshold of its own; then fp32's median is it.
    """
    expected, given = (scores(each, pictures, scoring.name) for each in (fp32, engine))
    is_share = activation.are_shares(expected[np.isfinite(expected)])
    threshold = classification.THRESHOLD if is_share else float(np.nanmedian(expected))
    same = [
        bool(np.isfinite(one).all() and np.isfinite(other).all())
        and answer(one, scoring, threshold) == answer(other, scoring, threshold)
        for one, other in zip(given, expected, strict=True)
    ]
    return float(np.mean(same))


def scores(engine: Engine, pictures: list[Pixels], name: str) -> Scores:
    """An engine's scores for each picture; NaN where it gives no numbers."""
    rows = []
    for pixels in pictures:
        values = engine.infer(pixels)
        try:
            rows.append(classification.scores(values, name))
        except problems.NonFiniteOutput:
            rows.append(np.full_like(values, np.nan))
    return np.stack(rows)


def answer(row: Scores, scoring: Found, threshold: float) -> tuple[int, ...]:
    """What a picture's scores come to, in no order: if several may be and none is, the likeliest.

    With one class alone that is none.
    """
    found = classification.decision(row, multi_label=scoring.multi_label, threshold=threshold)
    if found or len(row) == 1:
        return tuple(sorted(found))
    return (-1, int(row.argmax()))
