"""How a network's values become scores: by softmax, by sigmoid, or as they are.

What the manifest says comes first. Otherwise it shows in the values on real pictures and in the
operation that made them. What they leave in doubt is refused, with the line to write.
"""

import dataclasses

import numpy as np

from passerelle.manifest.model import Activation, Recipe
from services.bake import origin
from services.bake.errors import ActivationError
from services.bake.forward import Forward
from services.model.tasks.classification import LOGITS, Classification, Logits
from services.model.tasks.segmentation import Segmentation

SUM_TOLERANCE = 1e-3  # of probabilities that were normalised by hand
SOFTMAX_TOLERANCE = 1e-2  # of a softmax's own, whatever the precision
TORCHVISION = "torchvision:"  # architectures that all end in logits
CHOICES = (
    "Write activation: softmax (one class of all; trained by cross entropy), "
    "activation: sigmoid (each class for itself; trained by binary cross entropy), "
    "or activation: none (they are the scores)."
)


@dataclasses.dataclass(frozen=True)
class Found:
    """A model's activation for its card."""

    name: Activation
    source: str  # how it was found
    multi_label: bool  # each class has a score of its own, and they needn't sum to one


NONE = Found("none", "the task", multi_label=False)  # of a task that has no scores of its own


def find(recipe: Recipe, network: Forward) -> Found:
    """The activation that the manifest says, or that shows; none for another task's.

    Raises:
        ActivationError: it doesn't show, or what the manifest says can't be.
    """
    if network.task == Segmentation.name:
        return of_maps(recipe, network)
    if network.task != Classification.name:
        return NONE
    values = np.stack([each[LOGITS].reshape(-1) for each in network.answers])
    made_by = made_by_of(network)
    return of_values(recipe, values, made_by)


def made_by_of(network: Forward) -> str:
    """The operation that made its values; unknown where a handler did."""
    if network.handled.finishes:
        return origin.UNKNOWN
    return network.graph.made_by(network.inputs[0], network.chosen[LOGITS])


def of_maps(recipe: Recipe, network: Forward) -> Found:
    """The activation of a map with one value for each pixel; none of one with several classes.

    Raises:
        ActivationError
    """
    is_single = LOGITS in network.answers[0] and network.answers[0][LOGITS].shape[1] == 1
    if recipe.activation and (not is_single or recipe.activation == "softmax"):
        raise ActivationError(
            f"{recipe.id}: a pixel is of its strongest class whatever the activation. Remove it."
        )
    if not is_single:
        return NONE
    if recipe.activation:
        return Found(recipe.activation, "the manifest", multi_label=False)
    values = np.stack([each[LOGITS].reshape(-1) for each in network.answers])
    made_by = made_by_of(network)
    return Found(*of_one(recipe.id, values, made_by), multi_label=False)


def of_values(recipe: Recipe, values: Logits, made_by: str) -> Found:
    """The activation of values (pictures, classes), made by an operation: see origin.py.

    Raises:
        ActivationError
    """
    refuse_constant(recipe, values, made_by)
    if recipe.activation:
        name: Activation = recipe.activation
        source = "the manifest"
    elif values.shape[1] == 1:
        name, source = of_one(recipe.id, values, made_by)
    else:
        name, source = of_several(recipe, values, made_by)
    if name == "none" and not np.isfinite(values).all():
        raise ActivationError(
            f"{recipe.id} gives -inf for a class, which is no score. Write activation: softmax or "
            "sigmoid, by which it becomes 0."
        )
    alone = name == "sigmoid" or (name == "none" and not sum_to_one(values, made_by))
    return Found(name, source, alone or values.shape[1] == 1)


def refuse_constant(recipe: Recipe, values: Logits, made_by: str) -> None:
    """Return only if no softmax makes every value the same, whatever the picture.

    Raises:
        ActivationError
    """
    is_softmax = made_by in {origin.SOFTMAX, origin.LOG_SOFTMAX}
    if values.shape[1] == 1 and (is_softmax or recipe.activation == "softmax"):
        raise ActivationError(
            f"{recipe.id} gives one output, and the softmax of one value is always 1. End the "
            "network in a sigmoid, or write activation: sigmoid if its output is a logit."
        )
    if is_softmax and (values == (1.0 if made_by == origin.SOFTMAX else 0.0)).all():
        raise ActivationError(
            f"{recipe.id} gives {values[0, 0]:g} for each of its {values.shape[1]} classes: its "
            "softmax runs over the pictures of a batch and not over the classes. Write dim=1 there."
        )


def of_one(model_id: str, values: Logits, made_by: str) -> tuple[Activation, str]:
    """The activation of a network with one output.

    Raises:
        ActivationError: no sigmoid made it.
    """
    if made_by == origin.SIGMOID and are_shares(values):
        return "none", "the output: made by a sigmoid"
    raise ActivationError(
        f"{model_id} gives one output, {span(values)}, and no sigmoid made it. Write activation: "
        "sigmoid if it is a logit (above 0: yes), or activation: none if it is the score itself."
    )


def of_several(recipe: Recipe, values: Logits, made_by: str) -> tuple[Activation, str]:
    """The activation of a network with a value for each of several classes.

    Raises:
        ActivationError: it doesn't show.
    """
    if sum_to_one(values, made_by):
        return "none", "the output: it sums to one"
    if made_by == origin.SIGMOID and are_shares(values):
        return "none", "the output: made by a sigmoid"
    if sum_to_one(np.exp(np.minimum(values, 1)), made_by):
        return "softmax", "the output: logarithms of probabilities"
    is_logits = made_by == origin.LINEAR or recipe.architecture.startswith(TORCHVISION)
    if is_logits or not values.any():  # a head that isn't trained yet may give nought
        return "softmax", "the output: logits"
    if made_by in origin.BOUNDED or are_shares(values) or sum_alike(values):
        raise ActivationError(
            f"{recipe.id} gives values {span(values)}, made by {made_by}: neither logits nor "
            f"probabilities for certain. {CHOICES}"
        )
    return "softmax", "the output: logits"


def sum_to_one(values: Logits, made_by: str) -> bool:
    """Whether the values of each picture are probabilities of one class of all."""
    is_softmax = made_by in {origin.SOFTMAX, origin.LOG_SOFTMAX}
    tolerance = SOFTMAX_TOLERANCE if is_softmax else SUM_TOLERANCE
    return are_shares(values) and bool((np.abs(values.sum(1) - 1) <= tolerance).all())


def sum_alike(values: Logits) -> bool:
    """Whether the values of each picture have one sum, as percentages do, or their exponents."""
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.stack([values.sum(1), np.exp(-values).sum(1)])
        spread = np.ptp(sums, 1) <= SUM_TOLERANCE * np.abs(sums[:, 0])
    return bool((values >= 0).all() and spread.any())


def are_shares(values: Logits) -> bool:
    """Whether all values are in 0..1."""
    return bool((values >= 0).all() and (values <= 1).all())


def span(values: Logits) -> str:
    """Between what the values lie."""
    finite = values[np.isfinite(values)]
    return f"from {finite.min():.3g} to {finite.max():.3g} on {len(values)} pictures"
