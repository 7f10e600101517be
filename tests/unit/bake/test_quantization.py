"""Lower precisions, and how far they agree with fp32."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from passerelle.manifest.model import Accept
from services.bake import quantization
from services.bake.errors import BakeError
from services.model import engines
from services.model.decode import Prepared
from services.model.engines.engine import Engine
from services.model.placement import Placement
from services.model.tasks.classification import LOGITS, Classification
from services.model.tensors import Array, Tensors
from tests.unit.bake import nets
from tests.unit.model import artifacts

pytestmark = pytest.mark.torch  # the recipes' modules are torch's

SOFTMAX = Classification(["r", "g", "b"], "softmax")
SIGMOID = Classification(["a", "b", "c"], "sigmoid", multi_label=True)
NONE = Classification(["a"], "none", multi_label=True)


def red_or_blue(inputs: Tensors) -> dict[str, Array]:
    """The strongest colour, by an engine that doesn't see green."""
    colours = artifacts.mean_colour(inputs)[LOGITS]
    return {LOGITS: colours * np.array([1, 0, 1], np.float32)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of which the judge's are half green, half red."""
    for number in range(20):
        colour = "lime" if number in {0, 10} else "red"
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{number:02}.png")
    return tmp_path


def lower(
    folder: Path, accepted: float, monkeypatch: pytest.MonkeyPatch
) -> tuple[Engine, quantization.Agreement]:
    """Lower an engine to bf16, where it doesn't see green any more."""
    monkeypatch.setattr(engines, "load", lambda *_: Engine((red_or_blue,)))
    recipe = nets.recipe(
        precision="bf16", calibration=str(folder), accept=Accept(agreement=accepted)
    )
    return quantization.lower(recipe, Engine((artifacts.mean_colour,)), nets.SHAPE, folder, SOFTMAX)


def test_the_agreement_is_of_the_pictures_that_judge(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, agreement = lower(folder, 0.5, monkeypatch)
    assert engine.infers == (red_or_blue,)
    assert agreement == {
        "measure": "share of pictures with the same class",
        "value": 0.5,
        "top1": 0.5,
        "pictures": 4,
        "of": "the calibration folder",
    }


def test_less_than_the_manifest_accepts_fails_the_bake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BakeError, match=r"agrees with fp32 by 50\.0% on 4 .* asks for 60\.0%"):
        lower(folder, 0.6, monkeypatch)


def test_no_numbers_in_a_lower_precision_fail_the_bake_with_the_picture(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nan = artifacts.constant(*[np.nan] * 3)
    monkeypatch.setattr(engines, "load", lambda *_: nan)
    recipe = nets.recipe(precision="bf16", calibration=str(folder))
    with pytest.raises(BakeError, match=r"NaN in 3 of 3 values in bf16 for chelsea\.png"):
        quantization.lower(recipe, Engine((artifacts.mean_colour,)), nets.SHAPE, folder, SOFTMAX)


def engine_of(rows: list[list[float]]) -> Engine:
    """An engine that gives these values, picture by picture."""
    left = iter(rows)
    return Engine((lambda _: {LOGITS: np.array([next(left)], np.float32)},))


def agreement(task: Classification, given: list[list[float]], expected: list[list[float]]) -> float:
    placement = Placement((1, 1), (0, 0, 1, 1), (0, 0, 1, 1))
    picture = Prepared(np.zeros((1, 1, 3), np.uint8), placement)
    return quantization.agreement(
        engine_of(given), engine_of(expected), [picture] * len(given), task
    )


def test_one_output_agrees_on_the_same_side_of_a_half() -> None:
    assert agreement(SIGMOID, [[3.0], [-3.0], [0.1]], [[2.0], [3.0], [-0.1]]) == pytest.approx(
        1 / 3
    )


def test_a_score_of_another_range_agrees_on_the_same_side_of_the_median() -> None:
    assert agreement(NONE, [[8.0], [3.0], [6.0], [1.0]], [[8.0], [9.0], [7.5], [1.0]]) == 0.75


def test_several_labels_agree_where_all_are_the_same() -> None:
    expected = [[5.0, -5.0, 5.0], [5.0, -5.0, -5.0], [-1.0, -5.0, -5.0], [-1.0, -5.0, -5.0]]
    given = [[5.0, -5.0, 4.0], [5.0, 5.0, -5.0], [-5.0, -1.0, -5.0], [-2.0, -5.0, -5.0]]
    assert agreement(SIGMOID, given, expected) == 0.5


def test_no_numbers_agree_with_nothing() -> None:
    nan = [float("nan")] * 2
    assert agreement(
        SOFTMAX, [nan, nan, [1.0, 2.0]], [nan, [1.0, 2.0], [1.0, 2.0]]
    ) == pytest.approx(1 / 3)
