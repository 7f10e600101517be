"""services/frontend/findings/frame.py: how large a picture is drawn."""

import pydantic
import pytest

from services.frontend.findings.frame import Frame


@pytest.mark.parametrize(
    ("size", "shown"),
    [((32, 16), (640, 320)), ((16, 32), (320, 640)), ((4000, 3000), (4000, 3000))],
)
def test_a_small_picture_is_drawn_larger(size: tuple[int, int], shown: tuple[int, int]) -> None:
    frame = Frame(width=size[0], height=size[1])
    assert (frame.shown_width, frame.shown_height) == shown


def test_a_picture_has_a_size() -> None:
    with pytest.raises(pydantic.ValidationError):
        Frame(width=0, height=1)
