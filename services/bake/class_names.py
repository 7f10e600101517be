"""The names of a model's classes."""

from passerelle.artifact import weight_sources
from passerelle.manifest.model import Recipe
from services.bake import architecture
from services.bake.errors import BakeError


def find(recipe: Recipe, published: list[str] | None, classes: int) -> list[str]:
    """The classes' names: the manifest's, else the weights' publisher's, else their numbers.

    Raises:
        BakeError: not as many as the model has classes.
    """
    names = given(recipe.labels)
    if names is None and published and len(published) == classes:
        names = list(published)
    if names is None:
        names = [str(index) for index in range(classes)]
    if len(names) != classes:
        raise BakeError(f"{recipe.id} has {classes} classes, but labels names {len(names)}.")
    return names


def given(labels: str | list[str] | None) -> list[str] | None:
    """The names that the manifest's `labels` gives; None where it has none."""
    if labels == "imagenet-1k":
        meta = architecture.import_torchvision().models.ResNet18_Weights.DEFAULT.meta
        return list(meta["categories"])
    if isinstance(labels, str):
        file = weight_sources.local_file(labels)
        return file.read_text().splitlines() if file else []
    return labels
