"""torchvision, also where its compiled operators don't fit the installed torch.

There its import fails for want of two operators of object detection. They are declared, and those
that detectors use get a body in Python, for a bake alone: an engine has its own. Where the
compiled ones load, nothing is changed.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np
import torch

# Source: torchvision/csrc/ops/nms.cpp, quantized/cpu/qnms_kernel.cpp and roi_align.cpp.
NMS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
ROI_ALIGN = (
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
    "SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
)


def import_torchvision() -> ModuleType:
    """torchvision, with operators of Python's where its own don't load."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if not are_missing(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    if not _libraries:
        _libraries.append(declared())
    torchvision = importlib.import_module("torchvision")
    for module in ("torchvision.extension", "torchvision.ops.roi_align"):  # each asks its own
        vars(importlib.import_module(module))["_has_ops"] = has_operators
    return torchvision


def are_missing(error: BaseException | None) -> bool:
    """Whether an error is that of importing torchvision without its compiled operators."""
    return isinstance(error, RuntimeError) and "torchvision::nms" in str(error)


def declared() -> torch.library.Library:
    """The operators that torchvision's import and its detectors need, for as long as it lives."""
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch's own
    for schema in (f"nms{NMS}", f"qnms{NMS}", ROI_ALIGN):
        library.define(schema)  # type: ignore[no-untyped-call]
    for body in (nms, roi_align):
        library.impl(body.__name__, body, "CPU")  # type: ignore[no-untyped-call]
    return library


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Which of the boxes (n, 4) stay, best first: none that overlaps a better one by more.

    Two boxes overlap by the intersection of their areas over their union.
    """
    order = scores.argsort(descending=True, stable=True)
    edges = boxes[order].detach().numpy().T.copy()  # a row for each edge, of which views are cheap
    left, top, right, bottom = edges
    areas = (right - left) * (bottom - top)
    stays = np.ones(len(areas), bool)
    for best in range(len(areas)):
        if stays[best]:
            later = slice(best + 1, None)
            width = np.minimum(right[best], right[later]) - np.maximum(left[best], left[later])
            height = np.minimum(bottom[best], bottom[later]) - np.maximum(top[best], top[later])
            shared = np.clip(width, 0, None) * np.clip(height, 0, None)
            with np.errstate(invalid="ignore", divide="ignore"):
                overlaps = shared / (areas[best] + areas[later] - shared)
            stays[later] &= ~(overlaps > iou_threshold)  # NaN, of two without an area, stays
    return order[torch.from_numpy(stays)]


def roi_align(*arguments: Any) -> torch.Tensor:
    """The body in Python that torchvision has beside its compiled one, as it is written there."""
    written = vars(importlib.import_module("torchvision.ops.roi_align"))["_roi_align"]
    aligned: torch.Tensor = written.__wrapped__(*arguments)  # within torch.compile
    return aligned


def has_operators() -> bool:
    """Whether torchvision's operators can be used: they can, by now.

    A function of a module, because torchvision's code is compiled while a network is traced.
    """
    return True


_libraries: list[torch.library.Library] = []  # the one that stays, where there is one
