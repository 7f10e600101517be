"""A recipe's architecture -> its torch module, what it takes in, and its classes' names."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from passerelle.artifact import card, weight_sources
from passerelle.artifact.card import Input
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest import checks, model
from passerelle.manifest.model import Recipe
from passerelle.protocol.tasks import Task
from services.bake import constructor, loading, network, published, torchvision_operators, weights
from services.bake.errors import ArchitectureError
from services.bake.loading import Loaded

# ImageNet's, by the number of channels: of grey, those of the three colours on average.
MEAN: dict[int, tuple[float, ...]] = {1: (0.449,), 3: (0.485, 0.456, 0.406)}
STD: dict[int, tuple[float, ...]] = {1: (0.226,), 3: (0.229, 0.224, 0.225)}
USUAL = {"interpolation": "bilinear", "channels": 3, "resize": None}
TORCHVISION = "torchvision"  # the origin of an architecture, and the kind of its weights
PAD = 114  # of a letterbox's border: the grey of the YOLO family, which training put there too
OTHER_HASH = "invalid hash value"  # what torch.hub says of a file that isn't the one published
DEFAULT_TASK: Task = "classification"  # of a module of one's own
SEED = 0  # of weights that aren't loaded


@dataclasses.dataclass(frozen=True)
class Architecture:
    """The module with its weights, in evaluation mode, and what the card says of it."""

    module: torch.nn.Module
    input: Input
    labels: list[str] | None  # as the weights' publisher names the classes
    published: str | None = None  # torchvision's weights that the input and the labels are of
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)  # that go with the weights
    loaded: Loaded | None = None  # from a checkpoint
    task: Task = DEFAULT_TASK
    made_in: str = "float32"  # the floating type that the module had before it was made fp32


def build(recipe: Recipe, downloads: Path) -> Architecture:
    """Make the module of a recipe and load its weights, all of them.

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
    return built


def from_callable(recipe: Recipe) -> Architecture:
    """A module of what the user's own code gives."""
    task = recipe.task or DEFAULT_TASK
    shape = complete_input(recipe.input, task=task)
    made = called(recipe)
    made_in = network.dtype_of(made)
    with constructor.explained(recipe):
        module = network.prepare(recipe.architecture, made)
        if network.is_lazy(module):
            with torch.no_grad():
                module(torch.zeros(1, shape.channels, *shape.size))
    return Architecture(module, shape, None, task=task, made_in=made_in)


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
    torchvision = torchvision_operators.import_torchvision()
    try:
        enum = torchvision.models.get_model_weights(name)
    except ValueError:
        raise ArchitectureError(f"torchvision has no model {name!r}; see its list.") from None
    chosen = choose_weights(recipe.weights, name, enum)
    known = published.member(enum, weight_sources.file_digest(recipe.weights) or recipe.sha256)
    origin = enum[chosen] if chosen else known or enum.DEFAULT
    transforms = origin.transforms()
    if type(transforms).__name__ != "ImageClassification":
        raise ArchitectureError(
            f"{recipe.architecture} is no classifier of pictures: torchvision has it for "
            f"{type(transforms).__name__}."
        )
    is_file = weight_sources.kind(recipe.weights) in weight_sources.FILE_KINDS
    settings = published.settings(name, known) if is_file else {}
    module = make_torchvision(recipe, name, chosen, enum.DEFAULT.url, settings)
    shape = complete_input(recipe.input, transforms)
    used = {key: each for key, each in settings.items() if key not in recipe.keywords}
    return Architecture(module, shape, origin.meta["categories"], origin.name, used)


def choose_weights(source: str, name: str, enum: Any) -> str | None:
    """The member of torchvision's enum that a source names; None for weights from elsewhere.

    Raises:
        WeightsError: names the members.
    """
    if weight_sources.kind(source) != TORCHVISION:
        return None
    chosen = source.partition(":")[2]
    if chosen not in {"DEFAULT", *enum.__members__}:
        known = ", ".join(enum.__members__)
        raise WeightsError(f"{name} has no weights {chosen!r}; it has DEFAULT, {known}.")
    return chosen


def make_torchvision(
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


def complete_input(
    given: model.Input | None, transforms: Any = None, task: Task = DEFAULT_TASK
) -> Input:
    """The input as the manifest gives it, over the weights' own transforms, over the defaults.

    Raises:
        ArchitectureError: it leaves out a part of the picture that the task needs.
    """
    written = given.model_dump(exclude_none=True) if given else {}
    if isinstance(written.get("channels"), str):
        written |= {"channels": 3, "order": written["channels"]}
    published = published_input(transforms, written) if transforms is not None else {}
    fit = model.USUAL_FITS.get(task, model.USUAL_FIT)
    base: dict[str, Any] = USUAL | {"fit": fit} | published | written
    if task in model.USUAL_FITS and base["fit"] == "crop":
        raise ArchitectureError(checks.cut_off(task))
    count, (height, width) = base["channels"], base["size"]
    if base["fit"] == "crop" and height == width and base["resize"] is None:
        base["resize"] = round(height / card.CROP_SHARE)
    if base["fit"] == "letterbox":
        base["pad"] = per_channel(base.get("pad", (PAD,)), count)
    for name, usual in (("mean", MEAN), ("std", STD)):
        if name not in written:  # then it is in the order of red, green and blue
            numbers = published.get(name, usual.get(count, ()))
            base[name] = numbers[::-1] if base.get("order") == "bgr" else numbers
        base[name] = per_channel(base[name], count)
    return Input(**base)


def published_input(transforms: Any, written: dict[str, Any]) -> dict[str, Any]:
    """What holds of the weights' own transforms beside what the manifest says."""
    (side,), (resize,) = transforms.crop_size, transforms.resize_size
    base = {
        "size": (side, side),
        "resize": resize,
        "interpolation": transforms.interpolation.value,
        "mean": tuple(transforms.mean),
        "std": tuple(transforms.std),
    }
    unfit = set()
    if written.get("channels", 3) != 3:
        unfit |= {"mean", "std"}
    if written.get("fit", "crop") != "crop" or max(written.get("size", (side,))) > resize:
        unfit |= {"resize"}
    return {name: value for name, value in base.items() if name not in unfit}


def per_channel(numbers: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """A number for each channel, of as many or of one for all."""
    return numbers if len(numbers) > 1 else numbers * count
