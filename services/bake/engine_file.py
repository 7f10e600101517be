"""A network as an engine's file that answers as the network does, or why there is none.

Where the engine can't, the other one is tried, so that no advice leads to a second refusal.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from passerelle.manifest.model import Recipe
from services.bake import verification
from services.bake.errors import EngineError
from services.bake.forward import Forward
from services.bake.verification import Check
from services.model import engines, processors
from services.model.engines.engine import Engine


def make(
    recipe: Recipe, forward: Forward, folder: Path, report: Callable[[str], None]
) -> tuple[Engine, Check]:
    """Write the file of the recipe's engine, load it, and compare it with the network.

    Raises:
        EngineError: says whether another engine can.
    """
    try:
        return attempt(recipe.engine, forward, folder, report)
    except EngineError as error:
        raise EngineError(f"{recipe.id}: {error} {advice(recipe, forward)}") from error


def attempt(
    engine: str, forward: Forward, folder: Path, report: Callable[[str], None]
) -> tuple[Engine, Check]:
    """The file of one engine, loaded and compared.

    Raises:
        EngineError
    """
    forward.graph.convert(engine, forward.chosen, forward.inputs[0], folder)
    report("check")
    try:
        loaded = engines.load(engine, folder, processors.count())
    except Exception as error:
        raise EngineError(
            f"the artifact can't be loaded by {engine}, which says: {str(error)[:300]}."
        ) from error
    return loaded, verification.compare(forward, loaded)


def advice(recipe: Recipe, forward: Forward) -> str:
    """What to write, or to mend, where the recipe's engine can't."""
    other = next((each for each in forward.graph.engines if each != recipe.engine), None)
    if other is None:
        return "Export the file again, with another opset or without what is named."
    with tempfile.TemporaryDirectory() as folder:
        try:
            attempt(other, forward, Path(folder), lambda _: None)
        except EngineError as error:
            return (
                f"Nor can engine: {other}: {error} Mend the network: it may use nothing that both "
                "lack, and do nothing with a picture's values by Python's own if, while, float() "
                "or numpy."
            )
    lowered = "" if recipe.precision == "fp32" else " and precision: fp32"
    return f"Write engine: {other}{lowered}; that one answers as the module does."
