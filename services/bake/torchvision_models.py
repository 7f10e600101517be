"""torchvision's models, by the names of its registry."""

import inspect
from typing import Any

import torch

from passerelle.artifact import weight_sources
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest import torchvision_names
from passerelle.manifest.model import Recipe
from passerelle.protocol.tasks import Task
from services.bake import constructor, detectors, input_shape, network, torchvision_operators
from services.bake.errors import ArchitectureError

KIND = "torchvision"  # of the weights that it publishes
# torchvision's transforms by the task that they are for.
TASKS: dict[str, Task] = {
    "ImageClassification": "classification",
    "ObjectDetection": "detection",
    "SemanticSegmentation": "segmentation",
}
SEGMENTER = "_SimpleSegmentationModel"  # the class of those with a second head
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


def task_of(recipe: Recipe, transforms: Any) -> Task:
    """The task that the manifest says, or the one of torchvision's transforms.

    Raises:
        ArchitectureError: there is none, or the model isn't for it.
    """
    kind = type(transforms).__name__
    if kind not in TASKS:
        raise ArchitectureError(torchvision_names.not_for_pictures(recipe.architecture))
    if told := torchvision_names.misfit(recipe.architecture, recipe.task):
        raise ArchitectureError(told)
    return recipe.task or TASKS[kind]


def prepared(module: torch.nn.Module, transforms: Any) -> dict[str, Any]:
    """The fields of an input that a model's transforms say, or its own."""
    if type(transforms).__name__ == "SemanticSegmentation":
        return input_shape.of_segmenter(transforms)
    if type(transforms).__name__ == "ObjectDetection":
        return detectors.preparation(module)
    return input_shape.of_classifier(transforms)


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
    if chosen is None and has_backbone(models.get_model_builder(name)):
        keywords = {"weights_backbone": None} | keywords  # which it would download
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


def has_backbone(builder: Any) -> bool:
    """Whether what makes a model takes weights for a part of it."""
    return "weights_backbone" in inspect.signature(builder).parameters


def drop_auxiliary(module: torch.nn.Module) -> None:
    """Take off the second head of torchvision's segmenters, which only training uses."""
    for each in module.modules():
        if SEGMENTER in {base.__name__ for base in type(each).__mro__}:
            each.aux_classifier = None  # type: ignore[assignment]  # a module, or None already
