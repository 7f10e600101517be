"""A recipe's handler: its code is copied into the artifact, and runs from there as when served."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from passerelle.artifact import card, module_closure
from passerelle.manifest.model import Recipe
from services.bake.errors import ArchitectureError
from services.model import handler
from services.model.handler import Handler, HandlerError


def load(recipe: Recipe, folder: Path) -> Handler | None:
    """The handler of a recipe, whose code this copies into an artifact's folder; None without.

    Raises:
        ArchitectureError: it can't be imported or made from there.
    """
    if not recipe.handler:
        return None
    copy(recipe, folder)
    whole = folder.absolute()
    try:
        with alone(recipe), contextlib.chdir(folder):
            return handler.maker(whole, recipe.handler)()
    except HandlerError as error:
        raise ArchitectureError(
            f"{recipe.id}: {error} Its code runs in the artifact, from a copy of all that it "
            "imports and names beside models.yaml; it finds files beside it by "
            "Path(__file__).parent."
        ) from error


def copy(recipe: Recipe, folder: Path) -> None:
    """Copy the handler's module and all that it is made of into an artifact's folder."""
    for name, file in module_closure.of_handler(recipe).files.items():
        target = folder / card.HANDLER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


@contextlib.contextmanager
def alone(recipe: Recipe) -> Iterator[None]:
    """Have nothing imported from the manifest's folder, which isn't there when it is served."""
    before = sys.path[:]
    sys.path[:] = [each for each in before if each not in recipe.module_folders]
    try:
        yield
    finally:
        sys.path[:] = [*(each for each in sys.path if each not in before), *before]
