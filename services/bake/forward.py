"""The network itself, run by torch on real pictures, before any engine is made of it.

What is wrong with a network shows here, in its own words, and not in those of a converter.
"""

import dataclasses
import os
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from services.bake import calibration, channels, origin, output
from services.bake.architecture import Architecture
from services.bake.convert import Normalised
from services.bake.errors import ForwardError
from services.model.decode import Pixels
from services.model.engines.engine import Logits

TOLERANCE = 1e-3  # of the largest value: two answers that differ by less are the same
OURS = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(torch.__file__).parent}{os.sep}")


@dataclasses.dataclass(frozen=True)
class Forward:
    """A network, and what it gives for `calibration.PICTURES`, in their order."""

    module: Normalised
    pictures: list[Pixels]
    values: npt.NDArray[np.float32]  # (pictures, classes)
    made_by: str  # the operation that made them: see origin.py

    @property
    def classes(self) -> int:
        """How many values it gives for a picture."""
        return int(self.values.shape[1])


def run(recipe: Recipe, built: Architecture) -> Forward:
    """Run the network, find its output, and see that it gives numbers, the same each time.

    Raises:
        ArchitectureError, ForwardError, OutputError
    """
    pictures = [calibration.decoded(path, built.input) for path in calibration.PICTURES]
    module = Normalised(built.module, built.input).eval()
    given = first_called(recipe, module, built.input, pictures[0])
    module.output = output.choose(recipe.id, given, recipe.output)
    values = stacked(recipe.id, [row(called(recipe, module, each)) for each in pictures])
    for path, given in zip(calibration.PICTURES, values, strict=True):
        require_numbers(recipe.id, path.name, given)
    again, made_by = called(recipe, lambda batch: origin.of(lambda: module(batch)), pictures[0])
    require_same(recipe.id, row(again), values[0])
    return Forward(module, pictures, values, made_by)


def row(values: torch.Tensor) -> Logits:
    """The values of a batch of one picture."""
    found: Logits = values[0].detach().cpu().numpy()
    return found


def first_called(recipe: Recipe, module: Normalised, shape: Input, pixels: Pixels) -> Any:
    """All that the network gives for a picture.

    Raises:
        ArchitectureError: it takes pictures of other channels.
        ForwardError: it fails for another reason.
    """
    try:
        return called(recipe, module.network, pixels)
    except ForwardError:
        channels.require(recipe.architecture, module.module, shape)
        raise


def stacked(model_id: str, rows: list[Logits]) -> Logits:
    """The values of several pictures, one row each.

    Raises:
        ForwardError: there aren't as many for each.
    """
    counts = sorted({len(row) for row in rows})
    if len(counts) > 1:
        raise ForwardError(
            f"{model_id} gives {' or '.join(map(str, counts))} values, by the picture: "
            "no classifier."
        )
    return np.stack(rows)


def require_same(model_id: str, again: Logits, values: Logits) -> None:
    """Return only if the same picture has the same values the second time.

    Raises:
        ForwardError
    """
    if not deviation(again, values) <= TOLERANCE:
        raise ForwardError(
            f"{model_id} gives another answer each time for the same picture. Something in it is "
            "random in evaluation mode too, such as F.dropout without training=self.training."
        )


def called(recipe: Recipe, function: Any, pixels: Pixels) -> Any:
    """What a function gives for a batch of one picture.

    Raises:
        ForwardError: with the network's own error, and the line that raised it.
    """
    try:
        with torch.no_grad():
            return function(torch.from_numpy(pixels[np.newaxis]))
    except Exception as error:
        side, _, depth = pixels.shape
        raise ForwardError(
            f"{recipe.id} fails on a picture: {described(error)}. It is given one picture as "
            f"float32 (1, {depth}, {side}, {side}), with weights in float32, on the processor; "
            "check that the network takes that, and input: {size: …}."
        ) from error


def described(error: Exception) -> str:
    """An error of the network's: its type, what it says, and where in the network it was raised."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    said = lines[-1 if "TorchScript" in str(error) else 0]  # whose traceback comes first
    text = f"{type(error).__name__}: {said[:300]}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((*OURS, "<"))]
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text


def require_numbers(model_id: str, picture: str, values: Logits, where: str = "") -> None:
    """Return only if values are numbers. -inf is one, of a class that is never meant.

    Raises:
        ForwardError: names the picture.
    """
    if not np.isfinite(values.max()):
        raise ForwardError(
            f"{model_id} gives {described_values(values)}{where} for {picture}. Look in the "
            "network for a division by nought, the logarithm of nought, or numbers past the range "
            "of their type."
        )


def described_values(values: Logits) -> str:
    """How many of some values are no numbers."""
    count, word = int(np.isnan(values).sum()), "NaN"
    if not count:
        count, word = int(np.isinf(values).sum()), "infinity"
    return f"{word} in {count} of {values.size} values"


def deviation(given: Logits, expected: Logits) -> float:
    """The largest difference between two rows of values, as a share of the largest expected.

    -inf must be where it is expected, or a number as low as float32 has them; infinite otherwise.
    """
    finite = np.isfinite(expected)
    lowest = np.finfo(np.float32).min / 2
    if np.isnan(given).any() or (given[~finite] > lowest).any():
        return float("inf")
    scale = float(np.abs(expected[finite]).max()) or 1.0
    return float(np.abs(given[finite] - expected[finite]).max() / scale)
