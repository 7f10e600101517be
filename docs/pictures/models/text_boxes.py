"""A handler: boxes from the map of a text detector, which says of each pixel whether it is text."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

THRESHOLD = 0.3  # from which value on a pixel is text
GROWTH = 0.75  # of the marked height: the network marks the middle of each line
STEP = 4  # pixels: lines that are nearer than this to each other are one

Array = npt.NDArray[Any]


class TextBoxes:
    """Each line of text is one box, whose score is the mean of its pixels."""

    def postprocess(self, outputs: Mapping[str, Array]) -> dict[str, Array]:
        """The task's arrays, from an output (1, 1, height, width)."""
        values = next(iter(outputs.values()))[0, 0]
        cells = values.reshape(values.shape[0] // STEP, STEP, -1, STEP).max((1, 3))
        found = [self._box(cells, *each) for each in parts(cells >= THRESHOLD)]
        return {
            "boxes": np.array([box for box, _ in found], np.float32).reshape(-1, 4),
            "scores": np.array([score for _, score in found], np.float32),
            "labels": np.zeros(len(found), np.int64),
        }

    def _box(self, cells: Array, rows: Array, columns: Array) -> tuple[tuple[float, ...], float]:
        """The box of a part, grown, and its score."""
        (top, bottom), (left, right) = (
            (each.min() * STEP, (each.max() + 1) * STEP) for each in (rows, columns)
        )
        more = (bottom - top) * GROWTH
        box = (left - more, top - more, right + more, bottom + more)
        return box, min(float(cells[rows, columns].mean()), 1.0)


def parts(mask: Array) -> Iterator[Array]:
    """The rows and columns of each part of a mask whose pixels touch each other."""
    left = mask.copy()
    while left.any():
        start = np.unravel_index(left.argmax(), left.shape)
        part: list[tuple[int, ...]] = []
        edge = [tuple(int(each) for each in start)]
        left[start] = False
        while edge:
            row, column = edge.pop()
            part.append((row, column))
            corner = np.maximum((row - 1, column - 1), 0)
            near = left[corner[0] : row + 2, corner[1] : column + 2]
            edge += [tuple(each) for each in np.argwhere(near) + corner]
            near[:] = False
        yield np.array(part).T
