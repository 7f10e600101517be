"""A recipe's architecture -> its torch module, what it takes in, and its classes' names."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from passerelle.artifact import card, weight_sources
from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from passerelle.protocol.tasks import Task
from services.bake import (
    constructor,
    detectors,
    input_shape,
    loading,
    network,
    published,
    torchvision_models,
    torchvision_operators,
    weights,
)
from services.bake.errors import ArchitectureError
from services.bake.graph import Graph
from services.bake.loading import Loaded

TORCHVISION = "torchvision"  # the origin of an architecture
SEED = 0  # of weights that aren't loaded


@dataclasses.dataclass(frozen=True)
class Architecture:
    """The network with its weights, and what the card says of it."""

    module: torch.nn.Module  # in evaluation mode; with nothing in it where there is a `graph`
    input: Input
    labels: list[str] | None  # as the weights' publisher names the classes
    published: str | None = None  # torchvision's weights that the input and the labels are of
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)  # that go with the weights
    loaded: Loaded | None = None  # from a checkpoint
    task: Task = input_shape.DEFAULT_TASK
    classes: int | None = None  # that it is known to have, where its outputs don't tell
    made_in: str = "float32"  # the floating type that the module had before it was made fp32
    graph: Graph | None = None  # of what is no torch module


def build(recipe: Recipe, downloads: Path, *, prepares: bool = False) -> Architecture:
    """Make the module of a recipe and load its weights, all of them.

    Its input is BY_HANDLER where a handler `prepares` it.

    Raises:
        ArchitectureError, WeightsError
    """
    torch.manual_seed(SEED)
    checkpoint = weights.load(recipe, downloads)
    origin, _, name = recipe.architecture.partition(":")
    own = origin != TORCHVISION
    built = from_callable(recipe) if own else from_torchvision(recipe, name)
    if checkpoint:
        network.refuse_unregistered(recipe.architecture, built.module)
        loaded = loading.load(built.module, checkpoint, recipe)
        built = dataclasses.replace(built, loaded=loaded)
    shape = input_shape.of(recipe, built.input, prepares=prepares)
    if prepares:
        return dataclasses.replace(built, input=shape)
    return dataclasses.replace(built, module=for_task(recipe, built))


def for_task(recipe: Recipe, built: Architecture) -> torch.nn.Module:
    """The module with its weights, as its task has it run.

    Raises:
        ArchitectureError, ForwardError
    """
    if built.task == "detection":
        return detectors.adapted(recipe.architecture, built.module, built.input)
    if built.task == "segmentation":
        torchvision_models.drop_auxiliary(built.module)
    return built.module


def from_callable(recipe: Recipe) -> Architecture:
    """A module of what the user's own code gives."""
    task = recipe.task or input_shape.DEFAULT_TASK
    made = called(recipe)
    made_in = network.dtype_of(made)
    with constructor.explained(recipe):
        module = network.prepare(recipe.architecture, made)
        shape = input_shape.complete(recipe.input, detectors.preparation(module), task)
        if network.is_lazy(module) and shape != card.BY_HANDLER:
            with torch.no_grad():
                module(torch.zeros(1, shape.channels, *shape.size))
    found = detectors.classes(module)
    return Architecture(module, shape, None, task=task, classes=found, made_in=made_in)


def called(recipe: Recipe) -> Any:
    """What the user's own code gives, which may import torchvision without its operators.

    Raises:
        ArchitectureError
    """
    try:
        return constructor.call(recipe)
    except ArchitectureError as error:
        if not torchvision_operators.are_missing(error.__cause__):
            raise
    torchvision_operators.import_torchvision()
    return constructor.call(recipe)


def from_torchvision(recipe: Recipe, name: str) -> Architecture:
    """A module of torchvision's, through its own registry; the weights bring their transforms."""
    enum = torchvision_models.weights_of(name)
    chosen = torchvision_models.choose_weights(recipe.weights, name, enum)
    known = published.member(enum, weight_sources.file_digest(recipe.weights) or recipe.sha256)
    origin = enum[chosen] if chosen else known or enum.DEFAULT
    transforms = origin.transforms()
    task = torchvision_models.task_of(recipe, transforms)
    is_file = weight_sources.kind(recipe.weights) in weight_sources.FILE_KINDS
    settings = published.settings(name, known) if is_file else {}
    module = torchvision_models.make(recipe, name, chosen, enum.DEFAULT.url, settings)
    if is_file:
        published.finish(name, known, module)
    shape = input_shape.complete(
        recipe.input, torchvision_models.prepared(module, transforms), task
    )
    used = {key: each for key, each in settings.items() if key not in recipe.keywords}
    return Architecture(
        module, shape, origin.meta["categories"], origin.name, used,
        task=task, classes=detectors.classes(module),
    )  # fmt: skip
