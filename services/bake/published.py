"""What torchvision publishes with weights, and sets in a network when it loads them itself.

Here it is set where the weights come from a file, too, so that the network answers alike.
"""

import re
from typing import Any

import torch

# What the builders of these architectures set; what the manifest's keywords say comes first.
# Source: torchvision.models.googlenet and torchvision.models.inception.
INCEPTION = {"transform_input": True, "init_weights": False}
INCEPTIONS = ("googlenet", "inception_v3", "quantized_googlenet", "quantized_inception_v3")

# Of detectors whose first published weights were trained with normalisations that add nothing to a
# variance. Source: torchvision.models.detection, `overwrite_eps`.
WITHOUT_EPS = (
    "fasterrcnn_resnet50_fpn",
    "keypointrcnn_resnet50_fpn",
    "maskrcnn_resnet50_fpn",
    "retinanet_resnet50_fpn",
)


def member(enum: Any, sha256: str | None) -> Any:
    """The member of torchvision's enum whose file has this SHA-256; None where none has.

    The names of the files end in the first digits of theirs.
    """
    for each in enum:
        digits = re.search(r"-([0-9a-f]{8,64})\.pth$", each.url)
        if sha256 and digits and sha256.startswith(digits[1]):
            return each
    return None


def settings(name: str, published: Any) -> dict[str, Any]:
    """The keywords that go with weights from a file, which is the enum's member or None."""
    given: dict[str, Any] = dict(INCEPTION) if name in INCEPTIONS else {}
    if published is not None and name.startswith("vit_"):
        given["image_size"] = published.meta["min_size"][0]
    return given


def finish(name: str, published: Any, module: torch.nn.Module) -> None:
    """Set in a network what no keyword does, for weights that are the enum's member or None."""
    if name not in WITHOUT_EPS or published is None or published.name != "COCO_V1":
        return
    for each in module.modules():
        if isinstance(each, torch.nn.BatchNorm2d):
            each.eps = 0.0
