"""PP-OCR's map of where text is -> a box around each line of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[Any]

THRESHOLD = 0.3  # from which a pixel is one of text
MIN_SIDE = 3  # pixels of what is no speck
WIDENED = 1.6  # the map shows each line thinner than it is, by its area and its perimeter


class Lines:
    """The handler that models.yaml names."""

    def postprocess(self, outputs: dict[str, Array]) -> dict[str, Any]:
        """Boxes in pixels of the model's input, with the mean of the map in each as its score."""
        shares = outputs["fetch_name_0"][0, 0]
        parts, count = ndimage.label(shares > THRESHOLD)
        scores = ndimage.mean(shares, parts, np.arange(1, count + 1))
        boxes = np.array([box(*each) for each in ndimage.find_objects(parts)]).reshape(-1, 4)
        large = (boxes[:, 2:] - boxes[:, :2]).min(1) >= MIN_SIDE if count else []
        kept = [number for number in range(count) if large[number]]
        wide = [widened(boxes[number]) for number in kept]
        return {"boxes": wide, "scores": np.asarray(scores)[kept], "labels": [0] * len(kept)}


def box(rows: slice, columns: slice) -> tuple[int, int, int, int]:
    """A part of the map as xmin, ymin, xmax, ymax."""
    return columns.start, rows.start, columns.stop, rows.stop


def widened(edges: Array) -> Array:
    """A box with as much around it as was taken off in training."""
    width, height = edges[2:] - edges[:2]
    more = width * height * WIDENED / (2 * (width + height))
    return edges + np.array([-more, -more, more, more])
