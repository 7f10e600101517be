"""An artifact is compared with the network that it is made of."""

import numpy as np
import pytest

from services.bake import forward, verification
from services.bake.errors import EngineError
from services.bake.forward import Forward
from services.model.engines.engine import Engine
from services.model.tasks.classification import LOGITS
from services.model.tensors import Array, Tensors
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


@pytest.fixture
def network() -> Forward:
    return forward.run(nets.recipe(), nets.built(nets.Tiny()))


def engine_of(network: Forward, error: float) -> Engine:
    """An engine that answers as the network does, but for a share of the largest value."""
    answers = iter(network.outputs)

    def infer(_: Tensors) -> dict[str, Array]:
        values = next(answers)[LOGITS].copy()
        values[0, 0] += error * np.abs(values).max()
        return {LOGITS: values}

    return Engine((infer,))


def test_the_largest_error_is_noted(network: Forward) -> None:
    check = verification.compare(network, engine_of(network, 5e-4))
    assert check.pictures == 3
    assert check.error == pytest.approx(5e-4, rel=0.01)
    assert check.error <= check.tolerance


@pytest.mark.parametrize("error", [0.01, float("nan")])
def test_another_answer_is_refused_with_the_picture(error: float, network: Forward) -> None:
    with pytest.raises(EngineError, match=r"^on chelsea\.png the artifact differs from the net"):
        verification.compare(network, engine_of(network, error))
