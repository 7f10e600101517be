"""torchvision's models by name: which task each is for, as far as a name tells.

Its registry says it for certain, and the bake asks that; a name is enough to check a manifest where
torchvision isn't installed. A test compares the two.
"""

import re
from collections.abc import Iterator

from passerelle.protocol.tasks import Task

PREFIX = "torchvision:"
FAMILIES: dict[Task, tuple[str, str]] = {  # how names of a task begin, and one of them
    "detection": (
        "fasterrcnn_|fcos_|keypointrcnn_|maskrcnn_|retinanet_|ssd300_|ssdlite320_",
        "retinanet_resnet50_fpn",
    ),
    "segmentation": ("deeplabv3_|fcn_|lraspp_", "deeplabv3_mobilenet_v3_large"),
}
OTHERS = {  # what no task is for
    r"(mc3_18|mvit_v\d_\w|r2plus1d_18|r3d_18|s3d|swin3d_\w)$": "films",
    "raft_": "how one picture moves to another",
}
CLASSIFIER = "resnet50"
OF_ANY = ("embedding", "tensor")  # tasks that may take any network's outputs


def task(architecture: str) -> Task | None:
    """The task of one of torchvision's models; None of any other architecture, or of films."""
    if not architecture.startswith(PREFIX) or other(architecture):
        return None
    name = architecture.removeprefix(PREFIX)
    found = (each for each, (begin, _) in FAMILIES.items() if re.match(begin, name))
    return next(found, "classification")


def other(architecture: str) -> str | None:
    """What one of torchvision's models is for that isn't for a picture."""
    name = architecture.removeprefix(PREFIX)
    if name == architecture:
        return None
    return next((what for begin, what in OTHERS.items() if re.match(begin, name)), None)


def not_for_pictures(architecture: str) -> str:
    """The sentence on a model that isn't for a picture."""
    what = other(architecture) or "something else than a picture"
    return f"{architecture} is for {what}; write one of {', '.join(examples())}"


def misfit(architecture: str, wanted: Task | None) -> str | None:
    """The sentence on a model that isn't for the task that the manifest says; None if it is."""
    own = task(architecture)
    if own is None or wanted is None or wanted == own or wanted in OF_ANY:
        return None
    example = FAMILIES[wanted][1] if wanted in FAMILIES else CLASSIFIER
    return (
        f"{architecture} is for {own}, not for {wanted}; write {PREFIX}{example} or another, or "
        "remove task"
    )


def examples() -> Iterator[str]:
    """One model of each task."""
    yield f"{PREFIX}{CLASSIFIER}"
    yield from (f"{PREFIX}{example}" for _, example in FAMILIES.values())
