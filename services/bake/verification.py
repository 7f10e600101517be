"""Does the artifact answer as its torch module does? Compared on real pictures."""

import dataclasses

import numpy as np
import torch

from passerelle.artifact.card import Input
from services.bake import calibration
from services.bake.errors import BakeError
from services.model.decode import Pixels
from services.model.engines.engine import Engine

TOLERANCE = 1e-3  # of the logits' greatest magnitude


@dataclasses.dataclass(frozen=True)
class Check:
    """What was compared: how many pictures, and the largest error, beside what is tolerated."""

    pictures: int
    error: float  # of the logits' greatest magnitude
    classes: int
    tolerance: float = TOLERANCE


def compare(model_id: str, module: torch.nn.Module, engine: Engine, shape: Input) -> Check:
    """Compare an engine's answers with the module's.

    Raises:
        BakeError: they differ by more than TOLERANCE, or the output isn't logits.
    """
    largest, classes = 0.0, 0
    for path in calibration.PICTURES:
        pixels = calibration.decoded(path, shape)
        expected = run(model_id, module, pixels)
        error = float(np.abs(engine.infer(pixels) - expected).max() / np.abs(expected).max())
        largest, classes = max(largest, error), len(expected)
        if not error <= TOLERANCE:
            raise BakeError(
                f"{model_id}: on {path.name} the artifact differs from the torch module by "
                f"{error:.1e} of the largest logit, more than {TOLERANCE:.0e}. Use engine: torch."
            )
    return Check(len(calibration.PICTURES), largest, classes)


def run(model_id: str, module: torch.nn.Module, pixels: Pixels) -> "np.typing.NDArray[np.float32]":
    """The module's logits for one picture.

    Raises:
        BakeError: its output is no (1, classes).
    """
    with torch.inference_mode():
        output = module(torch.from_numpy(pixels[np.newaxis])).numpy()
    if output.ndim != 2:
        raise BakeError(f"{model_id} gives {output.shape}, not (1, classes): no classifier.")
    logits: np.typing.NDArray[np.float32] = output[0]
    return logits
