"""The labels that a manifest gives, and whether they are as many as the model's classes."""

from collections.abc import Sequence
from pathlib import Path

from passerelle.artifact import label_file, weight_sources
from passerelle.artifact.label_file import LabelsError
from passerelle.manifest.model import Recipe

IMAGENET = "imagenet-1k"
IMAGENET_CLASSES = 1000
BACKGROUND = ("background", "__background__", "_background_", "bg", "none", "unknown")
HEADS = ("class", "classes", "class_name", "category", "label", "labels", "name", "names")


def names(labels: str | list[str] | None) -> list[str] | None:
    """The names, listed or in a file; None where there are none, or a publisher has them.

    Raises:
        LabelsError, WeightsError: the file can't be used, or isn't there.
    """
    if isinstance(labels, str):
        file = weight_sources.local_file(labels)
        return label_file.read(file) if file else None
    return labels


def require(recipe: Recipe) -> None:
    """Return only if the labels can be used, as far as is known without the model itself.

    Raises:
        LabelsError, WeightsError
    """
    found = names(recipe.labels)
    if recipe.labels == IMAGENET:
        found = [""] * IMAGENET_CLASSES
    classes = known_classes(recipe)
    if found is not None and classes is not None and len(found) != classes:
        raise LabelsError([mismatch(recipe, found, classes)])


def known_classes(recipe: Recipe) -> int | None:
    """How many classes a model has, if its recipe says it: those of torchvision's architectures."""
    if not recipe.architecture.startswith("torchvision:"):
        return None
    count = recipe.keywords.get("num_classes")
    if type(count) is int:
        return count
    return IMAGENET_CLASSES if recipe.weights.startswith("torchvision:") else None


def mismatch(recipe: Recipe, found: Sequence[str], classes: int) -> str:
    """That the names aren't as many as the classes, and what is likely the cause."""
    source = recipe.labels if isinstance(recipe.labels, str) else "labels"
    if source.startswith("file:"):
        source = Path(source.removeprefix("file:")).name
    return (
        f"{recipe.id} has {classes} classes, but {source} names {len(found)}: "
        f"{_cause(found, classes)}."
    )


def _cause(found: Sequence[str], classes: int) -> str:
    """What is likely wrong where the names aren't as many as the classes."""
    first = found[0] if found else ""
    if classes == 1:
        return "its one output is the score of one class; write the name of that one alone"
    if len(found) == classes + 1 and first.lower() in BACKGROUND:
        return f"the first is {first!r}, a class that the model doesn't have; remove it"
    if len(found) == classes + 1 and first.lower() in HEADS:
        return f"the first is {first!r}, the head of a table; remove it"
    if len(found) == classes - 1:
        return "is there a class for the background, first or last? Add its name"
    ends = f"from {first!r} to {found[-1]!r}; " if first else ""
    return f"{ends}write a name for each class, in their order"
