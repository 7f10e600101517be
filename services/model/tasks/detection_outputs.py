"""Which of a network's outputs are a detector's boxes, scores and classes.

They are known by their names or by their shapes, however the network nests them: torchvision's
detectors give a list with a dict for each picture, others a dict or a tuple. Other outputs, such as
masks, are left out.
"""

from collections.abc import Callable

import numpy as np

from services.model import tensors
from services.model.tasks import outputs
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import Array, Tensors

BOXES, SCORES, LABELS = "boxes", "scores", "labels"  # the task's names
NAMES = {BOXES: {"boxes"}, SCORES: {"scores"}, LABELS: {"labels", "classes", "class_ids"}}
WANTED = (
    "boxes (n, 4) in pixels of the input (xmin, ymin, xmax, ymax), their scores (n,) in 0..1, "
    "and their classes (n,) as whole numbers"
)
ONE = 1.5  # an edge that is no farther is one of a share of the input, and not of pixels


def choose(given: Tensors, wanted: str | None) -> dict[str, str]:
    """The names of the three, for one picture's outputs.

    `wanted` is the manifest's `output`: what holds them, where a network gives more than one.

    Raises:
        UnfitOutputsError: they aren't there, are there twice, or hold other numbers.
    """
    found = outputs.within(given, wanted)
    chosen: dict[str, str] = {}
    for part in (BOXES, SCORES, LABELS):
        left = {name: each for name, each in found.items() if name not in chosen.values()}
        chosen[part] = one_of(left, part)
    edges, scores, labels = (found[name] for name in chosen.values())
    if not edges.size // 4 == scores.size == labels.size:
        three = {name: found[name] for name in chosen.values()}
        raise UnfitOutputsError(
            f"gives {tensors.listed(three)}: not as many of each. A detector gives {WANTED}."
        )
    require_pixels(edges.reshape(-1, 4))
    require_shares(scores)
    return chosen


def one_of(found: Tensors, part: str) -> str:
    """The name of the one output that is that part: by its own name, else by its shape.

    Raises:
        UnfitOutputsError
    """
    fit = [name for name, each in found.items() if FITS[part](each)]
    named = [name for name in fit if name.rpartition(".")[2].lower() in NAMES[part]]
    fit = named or fit
    if part == BOXES:  # which (1, 4) is, too, where (1, 4, 4) are the boxes of four scores
        fit = [name for name in fit if found[name].ndim == max(found[each].ndim for each in fit)]
    if len(fit) == 1:
        return fit[0]
    if not fit:
        raise UnfitOutputsError(
            f"gives {tensors.listed(found)}, without its {part}. A detector gives {WANTED}. Write "
            "a module around it that gives these three, or a handler."
        )
    several = tensors.listed({name: found[name] for name in fit})
    holders = dict.fromkeys(name.rpartition(".")[0] for name in fit)
    lines = " or ".join(f"output: {outputs.quoted(each)}" for each in holders if each)
    advice = f"Write {lines}" if lines else "Give a dict with the keys boxes, scores and labels"
    raise UnfitOutputsError(
        f"gives {len(fit)} outputs that could be its {part}: {several}. {advice}."
    )


def is_boxes(array: Array) -> bool:
    """Whether an output can be boxes: (n, 4), or (1, n, 4)."""
    return array.ndim in {2, 3} and array.shape[-1] == 4 and _is_one(array, 2) and _is_real(array)


def is_scores(array: Array) -> bool:
    """Whether an output can be scores: real numbers, (n,) or (1, n)."""
    return array.ndim in {1, 2} and _is_one(array, 1) and _is_real(array)


def is_labels(array: Array) -> bool:
    """Whether an output can be classes: whole numbers, (n,) or (1, n)."""
    return array.ndim in {1, 2} and _is_one(array, 1) and array.dtype.kind in "iu"


FITS: dict[str, Callable[[Array], bool]] = {
    BOXES: is_boxes,
    SCORES: is_scores,
    LABELS: is_labels,
}


def require_pixels(edges: Array) -> None:
    """Return only if boxes (n, 4) can be edges in pixels of the input.

    Raises:
        UnfitOutputsError: they are shares of it, or something else than edges.
    """
    if not len(edges):
        return
    if np.abs(edges).max() <= ONE:
        raise UnfitOutputsError(
            f"gives boxes from {edges.min():.3g} to {edges.max():.3g}: shares of the input, not "
            "pixels. Multiply them by its width and height in the network."
        )
    inverted = (edges[:, 2:] < edges[:, :2]).any(1)
    if inverted.mean() > 0.5:
        raise UnfitOutputsError(
            f"gives boxes whose right or lower edge comes before the other, in {inverted.sum()} of "
            f"{len(edges)}. Perhaps they are centres and sizes; xmin, ymin, xmax, ymax are wanted."
        )


def require_shares(scores: Array) -> None:
    """Return only if scores are in 0..1. NaN is told elsewhere.

    Raises:
        UnfitOutputsError
    """
    if scores.size and (scores.min() < 0 or scores.max() > 1):
        raise UnfitOutputsError(
            f"gives scores from {scores.min():.3g} to {scores.max():.3g}. Scores are in 0..1: end "
            "the network in a sigmoid or a softmax."
        )


def _is_one(array: Array, inner: int) -> bool:
    """Whether an output is of one picture, by its axes before the last `inner` ones."""
    return all(side == 1 for side in array.shape[:-inner])


def _is_real(array: Array) -> bool:
    return bool(array.dtype.kind == "f")
