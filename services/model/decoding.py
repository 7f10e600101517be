"""How the pictures of one request become its model's input, within the service's limits."""

import contextlib
import dataclasses
from collections.abc import Sequence

from PIL import Image

from passerelle.artifact.card import Input
from passerelle.server.pictures.boxes import Box
from services.model import decode, region
from services.model.region import Picture, Region


@dataclasses.dataclass(frozen=True)
class Decoding:
    """The limits of a picture, and the ways that it may take."""

    shape: Input
    max_pixels: int
    reserve: decode.Reserve
    formats: tuple[str, ...]
    for_handler: bool = False  # which may want a part of a picture in RGB, too

    def prepare(self, picture: Picture) -> decode.Prepared:
        """The picture as the model's input.

        Raises:
            As `decode.prepare` and `Region.prepared`.
        """
        if isinstance(picture, Region):
            return picture.prepared(self.shape, self.max_pixels)
        return decode.prepare(picture, self.shape, self.max_pixels, self.reserve, self.formats)

    def whole(self, picture: Picture) -> contextlib.AbstractContextManager[Image.Image]:
        """The whole picture in RGB, held as long as the block runs.

        Raises:
            As `decode.whole` and `Region.whole`.
        """
        if isinstance(picture, Region):
            return contextlib.nullcontext(picture.whole())
        return decode.whole(picture, self.max_pixels, self.reserve, self.formats)

    def open(
        self, encoded: bytes, boxes: Sequence[Box]
    ) -> contextlib.AbstractContextManager[region.Decoded]:
        """A picture for several parts of it, held as long as the block runs.

        Raises:
            As `region.decoded`.
        """
        limits = self.max_pixels, self.reserve, self.formats
        return region.decoded(encoded, boxes, self.shape, *limits, is_whole=self.for_handler)
