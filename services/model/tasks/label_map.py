"""Label maps: a class for each pixel, in the resolution of a model or in that of a picture.

A picture's map is never made as a whole. It is the model's own, enlarged by its nearest neighbours:
each of its rows and columns is one of the model's.
"""

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from services.model.placement import Placement
from services.model.resize import Size
from services.model.tasks import png
from services.model.tasks.png import Places
from services.model.tensors import Array

MAX_CLASS = 65_535  # the highest that a PNG's grey has
MAX_8_BIT = 255

Labels = npt.NDArray[np.uint8 | np.uint16]


@dataclasses.dataclass(frozen=True)
class LabelMap:
    """A picture's map, as the lines that it is made of: each a row in the picture's width.

    Rows that show the same row of the model's share a line. So it takes a byte for each of the
    picture's pixels at most, or two where there are more than 256 classes, and most often far less:
    4 MB for 50 million pixels of a model of 520 x 520.
    """

    lines: Labels  # (n, the picture's width)
    rows: Places  # (the picture's height,): which line each row is

    @classmethod
    def of(cls, labels: Labels, size: Size, placement: Placement) -> Self:
        """The map of the picture that lies in a model's input, of that width and height.

        `labels` (h, w) cover the input, in any resolution.
        """
        (left, top, right, bottom), filled = placement.taken, placement.filled
        (width, height), (h, w) = placement.picture, labels.shape
        columns = places(width, (left, right), (filled[0], filled[2]), size[0], w)
        used, rows = np.unique(
            places(height, (top, bottom), (filled[1], filled[3]), size[1], h), return_inverse=True
        )
        return cls(np.take(labels[used], columns, axis=1), rows)

    def counts(self) -> dict[int, int]:
        """How many pixels each class has that is there, the largest first."""
        repeats = np.bincount(self.rows)
        found = np.zeros(int(self.lines.max()) + 1, np.int64)
        for line, times in zip(self.lines, repeats, strict=True):
            counted = np.bincount(line)
            found[: len(counted)] += counted * times
        order = np.argsort(-found, kind="stable")
        return {int(each): int(found[each]) for each in order if found[each]}

    def mask(self, label: int) -> bytes:
        """A PNG of one bit a pixel, which readers show as 255 where the class is, otherwise 0."""
        packed = np.packbits(self.lines == label, axis=1)
        return png.encode(packed, self.rows, self.lines.shape[1], 1)

    def encoded(self, depth: int) -> bytes:
        """A PNG whose greys are the classes, of 8 or 16 bits."""
        greys = self.lines.astype(np.uint8 if depth == 8 else ">u2")
        return png.encode(greys.view(np.uint8), self.rows, greys.shape[1], depth)


def places(
    length: int, taken: tuple[float, float], filled: tuple[float, float], side: int, own: int
) -> Places:
    """Along one axis: in which of a map's `own` pixels the centre of each of a picture's lies.

    The part `taken` of the picture's `length` pixels became the part `filled` of the input's
    `side`, all of which the map covers. Where a picture isn't taken, the nearest pixel counts.
    """
    (start, end), (first, last) = taken, filled
    centres = np.arange(length) + 0.5 - start
    # One division, and last, so that a centre on the edge of two pixels isn't rounded to the first.
    exact = (centres * (last - first) + first * (end - start)) * own / ((end - start) * side)
    within = np.clip(
        exact.astype(np.intp), int(first * own / side), int(np.ceil(last * own / side)) - 1
    )
    return np.asarray(within, np.intp)


def strongest(logits: Array, size: Size) -> Labels:
    """The class of the highest value in each pixel of (classes, h, w); of equals the lowest.

    Where these are fewer pixels than those of an input of `size`, they are enlarged to it first.
    Each pixel's highest value is a number.
    """
    highest = enlarged(logits[0], size).copy()
    labels = np.zeros(highest.shape, dtype_of(len(logits)))
    for label, each in enumerate(logits[1:], 1):
        values = enlarged(each, size)
        labels[values > highest] = label
        np.maximum(highest, values, out=highest)
    return labels


def enlarged(values: Array, size: Size) -> Array:
    """Values (h, w) as those of so many columns and rows, bilinearly, if they are fewer.

    -inf is as low as half of what float32 has, so that no product of it is NaN.

    Source: torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
    """
    (h, w), (width, height) = values.shape, size
    if h > height or w > width or (w, h) == size:
        return values
    finite = np.maximum(values, np.finfo(np.float32).min / 2)
    low, high, share = between(w, width)
    wide = np.take(finite, low, 1) * (1 - share) + np.take(finite, high, 1) * share
    low, high, share = between(h, height)
    return np.asarray(wide[low] * (1 - share[:, None]) + wide[high] * share[:, None])


def between(own: int, side: int) -> tuple[Places, Places, npt.NDArray[np.float32]]:
    """Along one axis: of `own` pixels the two that each of `side` lies between, and how far."""
    exact = np.clip((np.arange(side) + 0.5) * own / side - 0.5, 0, own - 1)
    low = exact.astype(np.intp)
    return low, np.minimum(low + 1, own - 1), (exact - low).astype(np.float32)


def dtype_of(classes: int) -> type[np.uint8 | np.uint16]:
    """The type that holds the numbers of so many classes."""
    return np.uint8 if classes <= MAX_8_BIT + 1 else np.uint16


def part(labels: Labels, size: Size, placement: Placement) -> dict[str, Any]:
    """What lies under the picture, as JSON has it, in the map's own resolution.

    `size` is its height and width, `runs` are a class and how many pixels it goes on for, row by
    row and in turns. The box `taken` of the picture, in its pixels, became the box `filled` of the
    part, in the part's.
    """
    (h, w), (width, height) = labels.shape, size
    across, down = w / width, h / height
    left, top, right, bottom = placement.filled
    box = left * across, top * down, right * across, bottom * down
    x, y = int(box[0]), int(box[1])
    cut = labels[y : int(np.ceil(box[3])), x : int(np.ceil(box[2]))]
    return {
        "size": list(cut.shape),
        "runs": runs(cut),
        "taken": [float(edge) for edge in placement.taken],
        "filled": [box[0] - x, box[1] - y, box[2] - x, box[3] - y],
    }


def runs(labels: Labels) -> list[int]:
    """A map as runs: a class, and for how many pixels, in turns."""
    flat = labels.reshape(-1)
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(starts, append=len(flat))
    found: list[int] = np.stack([flat[starts], lengths], 1).reshape(-1).tolist()
    return found


def of_part(found: dict[str, Any]) -> Labels:
    """The map that `part` was made of."""
    pairs = np.array(found["runs"]).reshape(-1, 2)
    return np.repeat(pairs[:, 0], pairs[:, 1]).reshape(found["size"]).astype(np.uint16)


def in_picture(found: dict[str, Any], picture: Size) -> Labels:
    """The map that `part` was made of, as large as a picture of that width and height."""
    labels = of_part(found)
    h, w = labels.shape
    placement = Placement(picture, tuple(found["taken"]), tuple(found["filled"]))
    lies = LabelMap.of(labels, (w, h), placement)
    return lies.lines[lies.rows]
