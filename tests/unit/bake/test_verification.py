"""An artifact is compared with its torch module."""

import numpy as np
import pytest
import torch

from services.bake import convert, verification
from services.bake.errors import BakeError
from services.model.decode import Pixels
from services.model.engines.engine import Engine, Logits
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


@pytest.fixture
def module() -> convert.Normalised:
    torch.manual_seed(0)
    return convert.Normalised(nets.Tiny().eval(), nets.SHAPE)


def engine_of(module: torch.nn.Module, error: float) -> Engine:
    """An engine that answers as the module does, but for a share of the largest logit."""

    def infer(pixels: Pixels) -> Logits:
        with torch.inference_mode():
            logits: Logits = module(torch.from_numpy(pixels[np.newaxis]))[0].numpy()
        logits[0] += error * np.abs(logits).max()
        return logits

    return Engine((infer,))


def test_the_largest_error_is_noted(module: convert.Normalised) -> None:
    check = verification.compare("net", module, engine_of(module, 5e-4), nets.SHAPE)
    assert (check.pictures, check.classes) == (3, nets.CLASSES)
    assert check.error == pytest.approx(5e-4, rel=0.01)
    assert check.error <= check.tolerance


@pytest.mark.parametrize("error", [0.01, float("nan")])
def test_another_answer_fails_the_bake(error: float, module: convert.Normalised) -> None:
    with pytest.raises(BakeError, match=r"net: on chelsea\.png the artifact differs"):
        verification.compare("net", module, engine_of(module, error), nets.SHAPE)


def test_a_module_that_is_no_classifier_is_told() -> None:
    module = convert.Normalised(torch.nn.Identity(), nets.SHAPE)
    with pytest.raises(BakeError, match=r"gives \(1, 3, 32, 32\), not \(1, classes\)"):
        verification.compare("net", module, engine_of(module, 0), nets.SHAPE)
