"""Lower precisions, and how often they agree with fp32."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from passerelle.manifest.model import Accept
from services.bake import quantization
from services.bake.errors import BakeError
from services.model import engines
from services.model.decode import Pixels
from services.model.engines.engine import Engine, Logits
from tests.unit.bake import nets

pytestmark = pytest.mark.torch  # the recipes' modules are torch's


def strongest(pixels: Pixels) -> Logits:
    """A picture's class is its strongest colour."""
    logits: Logits = pixels.mean((0, 1)).astype(np.float32)
    return logits


def red_or_blue(pixels: Pixels) -> Logits:
    """The same by an engine that doesn't see green."""
    return strongest(pixels) * np.array([1, 0, 1], np.float32)


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
    return quantization.lower(recipe, Engine((strongest,)), nets.SHAPE, folder)


def test_the_agreement_is_of_the_pictures_that_judge(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, agreement = lower(folder, 0.5, monkeypatch)
    assert engine.infers == (red_or_blue,)
    assert agreement == {"top1": 0.5, "pictures": 4, "of": "the calibration folder"}


def test_less_than_the_manifest_accepts_fails_the_bake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BakeError, match=r"agrees with fp32 on 50\.0% of 4 .* asks for 60\.0%"):
        lower(folder, 0.6, monkeypatch)
