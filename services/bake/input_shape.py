"""What a model takes in: what the manifest says, over what the weights' publisher says."""

from typing import Any

from passerelle.artifact import card
from passerelle.artifact.card import Input
from passerelle.manifest import checks, model
from passerelle.protocol.tasks import Task
from services.bake.errors import ArchitectureError

# ImageNet's, by the number of channels: of grey, those of the three colours on average.
MEAN: dict[int, tuple[float, ...]] = {1: (0.449,), 3: (0.485, 0.456, 0.406)}
STD: dict[int, tuple[float, ...]] = {1: (0.226,), 3: (0.229, 0.224, 0.225)}
USUAL = {"interpolation": "bilinear", "channels": 3, "resize": None}
PAD = 114  # of a letterbox's border: the grey of the YOLO family, which training put there too
DEFAULT_TASK: Task = "classification"  # of a module of one's own


def complete(given: model.Input | None, transforms: Any = None, task: Task = DEFAULT_TASK) -> Input:
    """The input as the manifest gives it, over the weights' own transforms, over the defaults.

    Raises:
        ArchitectureError: it leaves out a part of the picture that the task needs.
    """
    written = given.model_dump(exclude_none=True) if given else {}
    if isinstance(written.get("channels"), str):
        written |= {"channels": 3, "order": written["channels"]}
    published = of_publisher(transforms, written) if transforms is not None else {}
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


def of_publisher(transforms: Any, written: dict[str, Any]) -> dict[str, Any]:
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
