"""A request's pictures, files and parts alike, become the input of its model."""

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from passerelle.server.pictures.boxes import Box
from services.model import decode
from services.model.decoding import Decoding
from services.model.region import Region
from tests.unit.model import artifacts

SHAPE = artifacts.make_card().input
BOX = Box(0, 0, 20, 10)


def picture() -> bytes:
    """Red to the left, blue to the right."""
    image = Image.new("RGB", (40, 10), "blue")
    image.paste("red", (0, 0, 20, 10))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def decoding(reserved: list[int], *, for_handler: bool = False) -> Decoding:
    @contextlib.contextmanager
    def reserve(needed: int) -> Iterator[None]:
        reserved.append(needed)
        yield

    return Decoding(SHAPE, 10**6, reserve, ("png",), for_handler)


def test_a_file_is_decoded_within_the_memory() -> None:
    reserved: list[int] = []
    found = decoding(reserved).prepare(picture())
    assert np.array_equal(found.pixels, decode.prepare(picture(), SHAPE, 10**6).pixels)
    with decoding(reserved).whole(picture()) as whole:
        assert whole.size == (40, 10)
    assert len(reserved) == 2


def test_a_part_takes_no_memory_beside_its_pictures() -> None:
    reserved: list[int] = []
    way = decoding(reserved)
    with way.open(picture(), [BOX]) as decoded:
        found = way.prepare(Region(decoded, BOX))
        with way.whole(Region(decoded, BOX)) as whole:
            assert whole.getcolors() == [(200, (255, 0, 0))]
    assert found.placement.picture == (20, 10)
    assert (found.pixels == [255, 0, 0]).all()
    assert len(reserved) == 1


def test_a_handler_may_want_a_part_in_rgb_too_which_takes_memory() -> None:
    reserved: list[int] = []
    for for_handler in (False, True):
        with decoding(reserved, for_handler=for_handler).open(picture(), [BOX]):
            pass
    assert reserved[1] > reserved[0]
