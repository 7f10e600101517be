"""A recipe's architecture -> its network, what it takes in, and its classes' names.

Described
├── Source         a torch module as its source makes it, before a checkpoint is loaded
└── Architecture   the network with its weights, whatever it is made of
"""

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
from services.bake.torch_graph import TorchGraph

TORCHVISION = "torchvision"  # the origin of an architecture
SEED = 0  # of weights that aren't loaded


@dataclasses.dataclass(frozen=True, kw_only=True)
class Described:
    """What is known of a network beside its values."""

    input: Input
    labels: list[str] | None = None  # as the weights' publisher names the classes
    published: str | None = None  # torchvision's weights that the input and the labels are of
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)  # that go with the weights
    task: Task = input_shape.DEFAULT_TASK
    classes: int | None = None  # that it is known to have, where its outputs don't tell
    made_in: str = "float32"  # the floating type that it had before it was made fp32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source(Described):
    """A torch module as its source makes it."""

    module: torch.nn.Module  # in evaluation mode


@dataclasses.dataclass(frozen=True, kw_only=True)
class Architecture(Described):
    """The network with its weights, and what the card says of it."""

    graph: Graph
    loaded: Loaded | None = None  # from a checkpoint


def of_source(recipe: Recipe, source: Source, loaded: Loaded | None = None) -> Architecture:
    """The network of a module that has its weights."""
    known = {each.name: getattr(source, each.name) for each in dataclasses.fields(Described)}
    graph = TorchGraph(recipe.id, recipe.architecture, source.module, source.input)
    return Architecture(**known, graph=graph, loaded=loaded)


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
    source = from_callable(recipe) if own else from_torchvision(recipe, name)
    loaded = None
    if checkpoint:
        network.refuse_unregistered(recipe.architecture, source.module)
        loaded = loading.load(source.module, checkpoint, recipe)
    shape = input_shape.of(recipe, source.input, prepares=prepares)
    module = source.module if prepares else for_task(recipe, source)
    return of_source(recipe, dataclasses.replace(source, input=shape, module=module), loaded)


def for_task(recipe: Recipe, source: Source) -> torch.nn.Module:
    """The module with its weights, as its task has it run.

    Raises:
        ArchitectureError, ForwardError
    """
    if source.task == "detection":
        return detectors.adapted(recipe.architecture, source.module, source.input)
    if source.task == "segmentation":
        torchvision_models.drop_auxiliary(source.module)
    return source.module


def from_callable(recipe: Recipe) -> Source:
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
    return Source(module=module, input=shape, task=task, classes=found, made_in=made_in)


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


def from_torchvision(recipe: Recipe, name: str) -> Source:
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
    return Source(
        module=module,
        input=shape,
        labels=origin.meta["categories"],
        published=origin.name,
        settings=used,
        task=task,
        classes=detectors.classes(module),
    )
