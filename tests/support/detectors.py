"""torchvision's detectors and segmenters without trained weights, that find something all the same.

With torch's random weights a deep network gives one value everywhere. Here each normalisation takes
its statistics from photographs, and the last layers are scaled, so that a few places stand out.
"""

from typing import Any

import numpy as np
import torch
from PIL import Image

from services.bake import calibration, torchvision_operators

CLASSES = 6  # the background included
MEAN, HIGHEST = -6.0, 2.0  # of the logits of a class, over all places of the photographs


def photographs(height: int, width: int) -> torch.Tensor:
    """The bake's own photographs, stretched: (n, 3, height, width) in 0..1."""
    found = []
    for path in calibration.PICTURES:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((width, height))
        found.append(torch.from_numpy(np.array(small)).permute(2, 0, 1) / 255)
    return torch.stack(found)


def detector(name: str, side: int, **keywords: Any) -> torch.nn.Module:
    """A detector of torchvision's for pictures of that side, always with the same weights."""
    module = made(name, **keywords)
    images = photographs(side, side)
    vars(module.transform)["fixed_size"] = (side, side)
    settle(module, list(images))
    heads = [each for name, each in module.named_modules() if is_scoring(name, each)]
    spread(module, heads, list(images))
    return module


def segmenter(name: str, side: int, **keywords: Any) -> torch.nn.Module:
    """A segmenter of torchvision's, always with the same weights."""
    module = made(name, **keywords)
    images = photographs(side, side)
    settle(module, images)
    convolutions = [each for each in module.modules() if isinstance(each, torch.nn.Conv2d)]
    last = [each for each in convolutions if each.out_channels == CLASSES]
    spread(module, last, images, background=False)
    return module


def made(name: str, **keywords: Any) -> torch.nn.Module:
    """The module with torch's random weights."""
    torch.manual_seed(0)
    models = torchvision_operators.import_torchvision().models
    given = {"weights": None, "weights_backbone": None, "num_classes": CLASSES} | keywords
    module: torch.nn.Module = models.get_model(name, **given)
    return module.eval()


def settle(module: torch.nn.Module, images: Any) -> None:
    """Give each batch normalisation the statistics of its input."""
    norms = [each for each in module.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        module(images)
    module.eval()


def is_scoring(name: str, module: torch.nn.Module) -> bool:
    """Whether a layer gives the logits of classes, or FCOS's centre-ness."""
    if name.startswith("rpn"):
        return False
    if name.startswith("head.classification_head.module_list"):  # of SSD
        return (
            isinstance(module, torch.nn.Conv2d) and module.groups == 1 and module.bias is not None
        )
    return name.rpartition(".")[2] in {"cls_logits", "cls_score", "bbox_ctrness"}


def spread(
    module: torch.nn.Module, heads: list[Any], images: Any, *, background: bool = True
) -> None:
    """Scale the last layers, so that the logits of each class have that MEAN and HIGHEST."""
    seen: dict[Any, list[torch.Tensor]] = {head: [] for head in heads}

    def note(head: Any, _: Any, given: torch.Tensor) -> None:
        seen[head].append(given.transpose(0, 1).flatten(1))

    hooks = [head.register_forward_hook(note) for head in heads]
    with torch.no_grad():
        module(images)
        for head, hook in zip(heads, hooks, strict=True):
            hook.remove()
            values = torch.cat(seen[head], 1)
            rescale(head, values)
            if background and is_softmax(module):
                head.bias.view(-1, CLASSES)[:, 0] -= MEAN


def rescale(head: Any, values: torch.Tensor) -> None:
    """Change a layer so that these values, (channels, n), would have MEAN and HIGHEST."""
    above = values.max(1).values - values.mean(1)
    factor = (HIGHEST - MEAN) / above.clamp(min=1e-6)
    head.weight.mul_(factor.reshape(-1, *[1] * (head.weight.ndim - 1)))
    head.bias.copy_((head.bias - values.mean(1)) * factor + MEAN)


def is_softmax(module: torch.nn.Module) -> bool:
    """Whether one class of all is found in a place, of which the first is the background."""
    return type(module).__name__ in {"SSD", "FasterRCNN", "MaskRCNN", "KeypointRCNN"}
