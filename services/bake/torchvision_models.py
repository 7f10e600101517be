"""torchvision's models, by the names of its registry."""

from typing import Any

import torch

from passerelle.artifact import weight_sources
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe
from services.bake import constructor, network, torchvision_operators
from services.bake.errors import ArchitectureError

KIND = "torchvision"  # of the weights that it publishes
OTHER_HASH = "invalid hash value"  # what torch.hub says of a file that isn't the one published


def weights_of(name: str) -> Any:
    """The enum of the weights that torchvision publishes for a model.

    Raises:
        ArchitectureError: it has no such model.
    """
    models = torchvision_operators.import_torchvision().models
    try:
        return models.get_model_weights(name)
    except ValueError:
        raise ArchitectureError(f"torchvision has no model {name!r}; see its list.") from None


def choose_weights(source: str, name: str, enum: Any) -> str | None:
    """The member of torchvision's enum that a source names; None for weights from elsewhere.

    Raises:
        WeightsError: names the members.
    """
    if weight_sources.kind(source) != KIND:
        return None
    chosen = source.partition(":")[2]
    if chosen not in {"DEFAULT", *enum.__members__}:
        known = ", ".join(enum.__members__)
        raise WeightsError(f"{name} has no weights {chosen!r}; it has DEFAULT, {known}.")
    return chosen


def make(
    recipe: Recipe, name: str, chosen: str | None, url: str, settings: dict[str, Any]
) -> torch.nn.Module:
    """What torchvision makes for the recipe's arguments, its weights downloaded.

    Raises:
        ArchitectureError, WeightsError
    """
    models = torchvision_operators.import_torchvision().models
    keywords = settings | recipe.keywords
    with constructor.explained(recipe):
        try:
            made = models.get_model(name, *recipe.arguments, weights=chosen, **keywords)
        except (OSError, RuntimeError) as error:
            if chosen is None or not (isinstance(error, OSError) or OTHER_HASH in str(error)):
                raise
            raise WeightsError(
                f"{recipe.id}: {recipe.weights} can't be downloaded from {url} ({error}). "
                "Try again, or fetch that file elsewhere and write weights: file:PATH."
            ) from error
        return network.prepare(recipe.architecture, made)
