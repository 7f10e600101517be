"""Detectors that prepare their pictures themselves, as torchvision's do.

Such a module takes a list of pictures in 0..1, of any sizes, and scales and normalises each with a
transform of its own. An engine's input has one size, to which the service has fitted the picture:
the transform is set to that size, and then it only normalises.
"""

from collections.abc import Callable
from typing import Any

import torch

from passerelle.artifact.card import Input
from services.bake import channels, torch_graph
from services.bake.errors import ForwardError

TRANSFORM = "torchvision.models.detection.transform"  # the module that has it
PARTS = ("mask_roi_pool", "keypoint_roi_pool")  # of what is found beside boxes, which nothing asks


class Listed(torch.nn.Module):
    """A module that takes a list of pictures (channels, H, W), for a batch of them."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: torch.Tensor) -> Any:
        """What the module gives for each picture of a batch (N, channels, H, W)."""
        return self.module(list(batch))


def own_transforms(module: torch.nn.Module) -> list[Any]:
    """The transforms, torchvision's GeneralizedRCNNTransform, in a module and its parts."""
    return [each for each in module.modules() if type(each).__module__ == TRANSFORM]


def preparation(module: torch.nn.Module) -> dict[str, Any]:
    """What a module's own transform says of the input: its fields, by name; none without one.

    Where it scales to a fixed size, pictures are squashed to that, as it does itself. Otherwise it
    scales the short side, and the size is a square of that side, with a border in the mean colour.
    """
    transforms = own_transforms(module)
    if not transforms:
        return {}
    own = transforms[0]
    mean = tuple(round(255 * each) for each in own.image_mean)
    base: dict[str, Any] = {"mean": (0.0,), "std": (1.0,), "pad": mean}
    if own.fixed_size is not None:
        width, height = own.fixed_size
        return base | {"size": (height, width), "fit": "squash"}
    return base | {"size": (own.min_size[-1],) * 2, "fit": "letterbox"}


def classes(module: torch.nn.Module) -> int | None:
    """How many classes one of torchvision's detectors knows; None of any other module."""
    for part, name in (
        ("head.classification_head", "num_classes"),  # RetinaNet, FCOS
        ("head.classification_head", "num_columns"),  # SSD
        ("roi_heads.box_predictor.cls_score", "out_features"),  # Faster R-CNN
    ):
        try:
            return int(getattr(module.get_submodule(part), name))
        except AttributeError:
            continue
    return None


def adapted(architecture: str, module: torch.nn.Module, shape: Input) -> torch.nn.Module:
    """The module as one that takes a batch of one picture of the input's size.

    It is tried with a tensor (1, channels, H, W), then with a list of one (channels, H, W).

    Raises:
        ArchitectureError: it takes pictures of other channels.
        ForwardError: it takes neither.
    """
    for each in own_transforms(module):
        each.fixed_size = (shape.size[1], shape.size[0])
    for each in module.modules():
        for part in PARTS:
            if hasattr(each, part):
                setattr(each, part, None)
    if type(module).__module__.startswith("torchvision.models.detection."):
        return Listed(module)
    return chosen(architecture, module, shape)


def chosen(architecture: str, module: torch.nn.Module, shape: Input) -> torch.nn.Module:
    """A module of one's own, or what gives it a list, by which of the two it takes.

    Raises:
        ArchitectureError, ForwardError
    """
    batch = torch.zeros(1, shape.channels, *shape.size)
    as_tensor, as_list = failure(module, batch), None
    if as_tensor and (as_list := failure(Listed(module), batch)):
        channels.require(architecture, module, shape)
        raise ForwardError(
            f"{architecture} fails on a picture as float32 {tuple(batch.shape)}: {as_tensor}. It "
            f"fails on a list of one {tuple(batch.shape[1:])} as well: {as_list}."
        )
    return Listed(module) if as_tensor else module


def failure(module: Callable[[torch.Tensor], Any], batch: torch.Tensor) -> str:
    """Why a module fails on a batch, in its own words; empty where it doesn't."""
    try:
        with torch.no_grad():
            module(batch)
    except Exception as error:
        return torch_graph.described(error)
    return ""
