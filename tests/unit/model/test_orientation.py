"""Pictures are turned as their EXIF orientation says, whole or in parts."""

import io

import numpy as np
import pytest
from PIL import Image

from services.model import orientation

STORED = Image.fromarray(np.arange(7 * 5, dtype=np.uint8).reshape(5, 7))
PARTS = [(0, 0, 2, 1), (1, 2, 4, 4), (4, 3, 5, 5), (0, 0, 5, 5), (2, 0, 3, 5), (0, 1, 5, 2)]


@pytest.mark.parametrize("turn", [None, *orientation.TURNS.values()])
def test_a_part_is_that_of_the_turned_picture(turn: orientation.Turn) -> None:
    whole = orientation.upright(STORED, turn)
    assert orientation.upright_size(STORED, turn) == whole.size
    for part in PARTS:
        given = orientation.upright_part(STORED, turn, part)
        assert np.array_equal(np.asarray(given), np.asarray(whole.crop(part)))


@pytest.mark.parametrize(("tag", "turn"), [(1, None), (9, None), *orientation.TURNS.items()])
def test_the_tag_says_how_to_turn(tag: int, turn: orientation.Turn) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = tag
    STORED.save(out, "PNG", exif=exif)
    assert orientation.turn_of(Image.open(out)) == turn


def test_a_picture_without_the_tag_is_upright() -> None:
    assert orientation.turn_of(STORED) is None


def test_a_picture_whose_tag_can_not_be_read_is_upright() -> None:
    image = STORED.copy()
    image.info["exif"] = b"Exif\0\0nonsense"
    assert orientation.turn_of(image) is None
