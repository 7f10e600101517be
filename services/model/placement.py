"""Where a picture lies in a model's input, so that what is found there is found in the picture."""

import dataclasses

import numpy as np
import numpy.typing as npt

from services.model.resize import Box, Size


@dataclasses.dataclass(frozen=True)
class Placement:
    """A picture, cut, resized and set into the input; nothing is turned or mirrored by it.

    The `taken` box of the picture became the `filled` box of the input. Around that there may be
    a border.
    """

    picture: Size  # width and height of the picture as it was sent, turned upright, in pixels
    taken: Box  # left, top, right, bottom in pixels of the picture
    filled: Box  # the same, in pixels of the input

    def to_picture(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Boxes (n, 4) of the input as boxes of the picture, cut off at its edges.

        Each is left, top, right, bottom in pixels.
        """
        (left, top, right, bottom), (x, y, to_x, to_y) = self.taken, self.filled
        scale = np.array([(right - left) / (to_x - x), (bottom - top) / (to_y - y)] * 2)
        moved = (boxes - np.array([x, y] * 2)) * scale + np.array([left, top] * 2)
        cut: npt.NDArray[np.float32] = np.clip(moved, 0, np.array(self.picture * 2))
        return cut.astype(np.float32)
