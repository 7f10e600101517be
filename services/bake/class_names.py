"""The names of a model's classes."""

from passerelle.artifact import given_labels
from passerelle.manifest.model import Recipe
from services.bake import torchvision_operators
from services.bake.errors import BakeError


def find(recipe: Recipe, published: list[str] | None, classes: int | None) -> list[str]:
    """The classes' names: the manifest's, else the weights' publisher's, else their numbers.

    `classes` is how many there are: 0 for a task without, None where the network doesn't tell. Then
    the names that are given hold, and there may be none.

    Raises:
        BakeError: not as many as the model has classes.
        LabelsError: the file that names them can't be used.
    """
    names = given(recipe.labels)
    if names is None and published and classes in {None, len(published)}:
        names = list(published)
    if names is None:
        names = [str(index) for index in range(classes or 0)]
    if classes is not None and len(names) != classes:
        raise BakeError(given_labels.mismatch(recipe, names, classes))
    return names


def given(labels: str | list[str] | None) -> list[str] | None:
    """The names that the manifest's `labels` gives; None where it has none.

    Raises:
        LabelsError, WeightsError: the file that names them can't be used, or isn't there.
    """
    if labels == given_labels.IMAGENET:
        meta = torchvision_operators.import_torchvision().models.ResNet18_Weights.DEFAULT.meta
        return list(meta["categories"])
    return given_labels.names(labels)
