"""What every engine is."""

import numpy as np

from services.model import tensors
from services.model.engines.engine import Engine
from tests.unit.model import artifacts

GREEN = {tensors.PIXELS: np.full((1, 2, 2, 3), (0, 9, 0), np.uint8)}


def test_a_caller_that_is_alone_needs_no_slot() -> None:
    assert Engine((artifacts.mean_colour,)).infer(GREEN)["logits"].argmax() == 1
