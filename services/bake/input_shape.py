"""What a model takes in: what the manifest says, over what the weights' publisher says."""

from collections.abc import Mapping
from typing import Any

from passerelle.artifact import card
from passerelle.artifact.card import Input
from passerelle.manifest import checks, model
from passerelle.manifest.model import Recipe
from passerelle.protocol.tasks import Task
from services.bake.errors import ArchitectureError

# ImageNet's, by the number of channels: of grey, those of the three colours on average.
MEAN: dict[int, tuple[float, ...]] = {1: (0.449,), 3: (0.485, 0.456, 0.406)}
STD: dict[int, tuple[float, ...]] = {1: (0.226,), 3: (0.229, 0.224, 0.225)}
USUAL = {"interpolation": "bilinear", "channels": 3, "resize": None}
PAD = 114  # of a letterbox's border: the grey of the YOLO family, which training put there too
DEFAULT_TASK: Task = "classification"  # of a module of one's own
NOTHING: Mapping[str, Any] = {}


def complete(
    given: model.Input | None, published: Mapping[str, Any] = NOTHING, task: Task = DEFAULT_TASK
) -> Input:
    """The input as the manifest gives it, over the weights' publisher's, over the defaults.

    `published` are fields of an input, the numbers for red, green and blue.

    Where none says its size, it is a handler's to make.

    Raises:
        ArchitectureError: it leaves out a part of the picture that the task needs, or takes more
            than the picture is resized to.
    """
    written = given.model_dump(exclude_none=True) if given else {}
    if isinstance(written.get("channels"), str):
        written |= {"channels": 3, "order": written["channels"]}
    fit = model.USUAL_FITS.get(task, model.USUAL_FIT)
    kept = {"fit": fit, "pad": (PAD,)} | still_valid(published, written)
    base: dict[str, Any] = USUAL | kept | written
    if "size" not in base:
        return card.BY_HANDLER
    if task in model.USUAL_FITS and base["fit"] == "crop":
        raise ArchitectureError(checks.cut_off(task))
    count, (height, width) = base["channels"], base["size"]
    if base["fit"] == "crop" and height == width and base["resize"] is None:
        base["resize"] = round(height / card.CROP_SHARE)
    if base["resize"] and not model.covers(base["resize"], base["size"]):
        raise ArchitectureError(f"input: {checks.too_small(base['resize'], base['size'])}.")
    for name, usual in (("mean", MEAN), ("std", STD), ("pad", {})):
        if name not in written:  # then it is in the order of red, green and blue
            numbers = kept.get(name, usual.get(count, ()))
            base[name] = numbers[::-1] if base.get("order") == "bgr" else numbers
        base[name] = per_channel(base[name], count)
    if base["fit"] != "letterbox":
        del base["pad"]
    return Input(**base)


def of(recipe: Recipe, completed: Input, *, prepares: bool) -> Input:
    """The input of a recipe, or BY_HANDLER where a handler `prepares` it.

    Raises:
        ArchitectureError: nobody makes it, or two do.
    """
    if prepares and recipe.input:
        raise ArchitectureError(
            f"{recipe.id}: {recipe.handler} has a preprocess, which makes what the network takes. "
            "Remove input, or the preprocess."
        )
    if not prepares and completed == card.BY_HANDLER:
        raise ArchitectureError(
            f"{recipe.id}: {recipe.handler} has no preprocess, so the picture's size must be "
            "known. Write input: {size: …}, the side in pixels or [height, width]."
        )
    return card.BY_HANDLER if prepares else completed


def of_classifier(transforms: Any) -> dict[str, Any]:
    """The fields that torchvision's transforms for classification say."""
    (side,), (resize,) = transforms.crop_size, transforms.resize_size
    return of_transforms(transforms) | {"size": (side, side), "resize": resize}


def of_segmenter(transforms: Any) -> dict[str, Any]:
    """The fields that torchvision's transforms for segmentation say.

    They scale the short side and take all of the picture: here its sides are scaled to a square of
    that side.
    """
    (side,) = transforms.resize_size
    mean = tuple(round(255 * each) for each in transforms.mean)
    return of_transforms(transforms) | {"size": (side, side), "pad": mean}


def of_transforms(transforms: Any) -> dict[str, Any]:
    """The fields that all transforms of torchvision's say that are for a network's picture."""
    return {
        "interpolation": transforms.interpolation.value,
        "mean": tuple(transforms.mean),
        "std": tuple(transforms.std),
    }


def still_valid(published: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """What holds of a publisher's fields beside what the manifest says."""
    count, resize = written.get("channels", 3), published.get("resize", 0)
    unfit = {
        name
        for name in ("mean", "std", "pad")
        if name in published and len(published[name]) not in {1, count}
    }
    is_larger = max(written.get("size", (0,))) > resize
    if written.get("fit", "crop") != "crop" or is_larger:
        unfit |= {"resize"}
    return {name: value for name, value in published.items() if name not in unfit}


def per_channel(numbers: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """A number for each channel, of as many or of one for all."""
    return numbers if len(numbers) > 1 else numbers * count
