"""A picture and its boxes as a form."""

import pytest

from gateway import boxed_form
from passerelle.server.pictures import picture
from passerelle.server.pictures.boxes import Box, Parts

BOXES = [{"xmin": 1, "ymin": 2.5, "xmax": 30, "ymax": 40}]
EXPECTED = (Box(1, 2.5, 30, 40),)


@pytest.mark.parametrize(
    "content",
    [b"picture", bytes(range(256)) * 9, b"\r\n--passerelle--\r\n", b"--passerelle-", b"\r\n" * 99],
)
def test_a_service_reads_what_was_written(content: bytes) -> None:
    media_type, body = boxed_form.encode(content, BOXES)
    assert picture.find(body, media_type) == Parts(content, EXPECTED)


def test_the_same_is_written_in_the_same_bytes_and_another_picture_with_another_boundary() -> None:
    one = boxed_form.encode(b"picture", BOXES)
    assert one == boxed_form.encode(b"picture", BOXES)
    assert one[0] != boxed_form.encode(b"another", BOXES)[0]


def test_a_picture_that_has_another_ones_boundary_in_it_is_whole() -> None:
    _, first = boxed_form.encode(b"picture", BOXES)
    media_type, body = boxed_form.encode(first, BOXES)
    assert picture.find(body, media_type) == Parts(first, EXPECTED)
