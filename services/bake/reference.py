"""How a model answers the pictures of its bake, to tell later whether those of today differ.

They are the calibration folder's where there is one. Else they are crops of a few photographs, by
which one sees a model that answers otherwise, and hardly whether the pictures changed: for that
`passerelle evaluate` counts the same over a folder of one's own.
"""

import contextlib
from pathlib import Path
from typing import Any

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from passerelle.protocol import distribution, problems
from passerelle.protocol.distribution import Distribution
from services.bake import calibration, picture_way
from services.bake.errors import ForwardError
from services.bake.picture_way import Picture
from services.model.engines.engine import Engine
from services.model.handled import NO_HANDLER, Handled
from services.model.placement import Placement
from services.model.tasks.task import Task
from services.model.tensors import Tensors

MOST = {"classification": 50, "detection": 20}  # pictures: a detector takes longer for each


def of(
    recipe: Recipe, engine: Engine, shape: Input, task: Task, handled: Handled = NO_HANDLER
) -> dict[str, Any] | None:
    """The card's `reference`; None for a task of which nothing is counted.

    A picture without an answer doesn't count, nor does one that the handler fails on: it is none
    by which a bake is judged.

    Raises:
        CalibrationError
    """
    if task.name not in MOST:
        return None
    counted = Distribution()
    for picture in pictures(recipe, shape, MOST[task.name], handled):
        outputs = engine.infer(picture.inputs)
        with contextlib.suppress(ForwardError):
            made = picture_way.finished(handled, picture, outputs)
            count(counted, task, made, picture.placement)
    origin = "the calibration folder" if recipe.calibration else "crops of photographs"
    return {"of": origin, **counted.document()}


def pictures(recipe: Recipe, shape: Input, most: int, handled: Handled) -> list[Picture]:
    """So many of the calibration folder at most, from all over it; else crops.

    Raises:
        CalibrationError
    """
    if not recipe.calibration:
        with contextlib.suppress(ForwardError):
            return calibration.some_crops(handled, shape, most, calibration.JUDGE[1])
        return []
    files = calibration.pictures(Path(recipe.calibration))
    spread = [files[number * len(files) // most] for number in range(min(most, len(files)))]
    chosen = files if len(files) <= most else spread
    found = []
    for each in chosen:
        with contextlib.suppress(ForwardError):
            found.append(picture_way.of_file(handled, each, shape))
    return found


def count(counted: Distribution, task: Task, outputs: Tensors, placement: Placement) -> None:
    """Count what an answer to a picture is, unless it is no number."""
    if task.name not in distribution.TASKS:
        return
    with contextlib.suppress(problems.NonFiniteOutput):
        counted.count({"task": task.name, **task.answer(outputs, placement, task.options({}))})
