"""What YOLO v8 to v12 give -> boxes: (1, 4 + classes, n) with centres, sizes and scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MIN_SCORE, MAX_OVERLAP = 0.05, 0.5


class Yolo:
    """The handler that models.yaml names."""

    def postprocess(self, outputs: dict[str, Array]) -> dict[str, Array]:
        """Boxes in pixels of the model's input; of those that overlap in a class, the best."""
        (found,) = outputs.values()
        rows = found[0].T
        scores, labels = rows[:, 4:].max(1), rows[:, 4:].argmax(1)
        order = np.argsort(-scores)
        order = order[scores[order] > MIN_SCORE][:1000]
        centres, halves = rows[order, :2], rows[order, 2:4] / 2
        boxes = np.hstack([centres - halves, centres + halves])
        kept = distinct(boxes + boxes.max(initial=0) * 2 * labels[order, None])
        best = order[kept]
        return {"boxes": boxes[kept], "scores": scores[best], "labels": labels[best]}


def distinct(boxes: Array) -> list[int]:
    """The numbers of the boxes, best first, that no better one overlaps by MAX_OVERLAP."""
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    kept, left = [], np.arange(len(boxes))
    while len(left):
        first, left = left[0], left[1:]
        kept.append(int(first))
        begin = np.maximum(boxes[first, :2], boxes[left, :2])
        end = np.minimum(boxes[first, 2:], boxes[left, 2:])
        shared = (end - begin).clip(0).prod(1)
        left = left[shared < MAX_OVERLAP * (areas[first] + areas[left] - shared)]
    return kept
