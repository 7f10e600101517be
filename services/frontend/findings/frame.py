"""The picture's size, in which shapes are drawn over it."""

import pydantic

from services.frontend.findings.findings import Member

LARGE = 640  # pixels on the screen that the longer side of a small picture has


class Frame(Member):
    """Width and height of the upright picture, in pixels."""

    width: int = pydantic.Field(gt=0)
    height: int = pydantic.Field(gt=0)

    @property
    def shown_width(self) -> int:
        """How wide it is drawn where there is room, in pixels of the screen."""
        return round(self.width * self._scale)

    @property
    def shown_height(self) -> int:
        """How high it is drawn where there is room, in pixels of the screen."""
        return round(self.height * self._scale)

    @property
    def _scale(self) -> float:
        return max(1.0, LARGE / max(self.width, self.height))
