"""Writing PNGs of label maps. Pillow reads them again."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.model.tasks import png


def read(encoded: bytes) -> tuple[str, npt.NDArray[np.generic]]:
    with Image.open(io.BytesIO(encoded)) as image:
        return image.mode, np.array(image)


@given(st.lists(st.lists(st.integers(0, 255), min_size=3, max_size=3), min_size=1), st.data())
def test_each_row_is_the_line_that_it_names(lines: list[list[int]], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=1))
    mode, found = read(png.encode(np.array(lines, np.uint8), np.array(rows), 3, 8))
    assert (mode, found.tolist()) == ("L", [lines[row] for row in rows])


def test_of_one_bit_readers_make_black_and_white() -> None:
    lines = np.packbits(np.array([[1, 0, 1, 0, 0, 0, 0, 0, 1], [0] * 9], bool), axis=1)
    mode, found = read(png.encode(lines, np.array([0, 0, 1]), 9, 1))
    assert (mode, found[1].tolist()) == ("1", [True, False, True, *[False] * 5, True])
    grey = np.array(Image.fromarray(found).convert("L"))
    assert np.unique(grey).tolist() == [0, 255]


def test_of_sixteen_bits_the_high_byte_comes_first() -> None:
    lines = np.array([[1, 258, 65535]], ">u2").view(np.uint8)
    _, found = read(png.encode(lines, np.array([0, 0]), 3, 16))
    assert found.tolist() == [[1, 258, 65535]] * 2


def test_many_rows_are_written_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = np.arange(40, dtype=np.uint8).reshape(10, 4)
    rows = np.repeat(np.arange(10), 3)
    whole = png.encode(lines, rows, 4, 8)
    monkeypatch.setattr(png, "BAND_BYTES", 20)  # four rows
    assert png.encode(lines, rows, 4, 8) == whole
    assert (read(whole)[1] == lines[rows]).all()
