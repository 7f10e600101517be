"""Parts of a picture: those of the upright one, to the pixel, as if each were a file."""

import contextlib
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import ExifTags, Image

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from passerelle.server.pictures.boxes import Box
from services.model import decode, formats, orientation, region
from services.model.region import Region

MAX_PIXELS = 10**6
SHAPE = Input((8, 8), 8, "bilinear", (0.5,) * 3, (0.5,) * 3)
WIDTH, HEIGHT = 60, 40  # of the stored picture
SHAPES = {
    1: Input((8, 8), 8, "bilinear", (0.5,), (0.5,), channels=1),
    3: SHAPE,
    4: Input((8, 8), 8, "bilinear", (0.5,) * 4, (0.5,) * 4, channels=4),
}


def noise(mode: str = "RGB") -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    return Image.fromarray(values).convert(mode)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@contextlib.contextmanager
def opened(data: bytes, *boxes: Box) -> Iterator[list[Region]]:
    with region.decoded(data, boxes, SHAPE, MAX_PIXELS) as found:
        yield [Region(found, each) for each in boxes]


@pytest.mark.parametrize("turn", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_part_is_that_of_the_upright_picture(turn: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    upright = orientation.upright(noise(), orientation.TURNS.get(turn))
    with opened(encoded(noise(), exif=exif), Box(5, 10, 35, 30)) as (part,):
        cut = upright.crop((5, 10, 35, 30))
        assert part.whole().tobytes() == cut.tobytes()
        found, alone = part.prepared(SHAPE, MAX_PIXELS), decode.prepare(encoded(cut), SHAPE, 10**6)
    assert np.array_equal(found.pixels, alone.pixels)
    assert found.placement == alone.placement


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_part_is_prepared_as_a_file_of_it_would_be(mode: str, channels: int) -> None:
    image = noise("L").convert("I").convert("I;16") if mode == "I;16" else noise(mode)
    cut = encoded(image.crop((5, 10, 35, 30)))
    with opened(encoded(image), Box(5, 10, 35, 30)) as (part,):
        found = part.prepared(SHAPES[channels], MAX_PIXELS)
    alone = decode.prepare(cut, SHAPES[channels], MAX_PIXELS)
    assert np.array_equal(found.pixels, alone.pixels)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(5, 10, 35, 30), (5, 10, 35, 30)),
        (Box(5.9, 10.1, 34.1, 29.9), (5, 10, 35, 30)),
        (Box(5.2, 10.2, 5.3, 10.3), (5, 10, 6, 11)),
        (Box(-9, -9.5, 99, 1e300), (0, 0, WIDTH, HEIGHT)),
        (Box(59.5, 39.5, 1e9, 1e9), (59, 39, WIDTH, HEIGHT)),
    ],
)
def test_a_box_holds_every_pixel_that_it_touches_and_none_beside_the_picture(
    box: Box, expected: tuple[int, ...]
) -> None:
    assert region.clipped(box, (WIDTH, HEIGHT)) == expected


@pytest.mark.parametrize(
    ("box", "told"),
    [
        (Box(5, 10, 5, 30), "box from 5, 10 to 5, 30 is empty. Write xmin below xmax"),
        (Box(35, 10, 5, 30), "is empty"),
        (Box(5, 30, 35, 10), "is empty"),
        (Box(1e308, 0, -1e308, 9), "is empty"),
        (Box(60, 0, 70, 9), "beside the picture, which has 60 x 40 pixels upright"),
        (Box(-9, 0, 0, 9), "beside the picture"),
        (Box(0, 40, 9, 1e308), "beside the picture"),
    ],
)
def test_a_box_with_nothing_in_it_is_its_own_problem(box: Box, told: str) -> None:
    with opened(encoded(noise()), box) as (part,):
        with pytest.raises(problems.UnprocessableContent, match=told):
            part.prepared(SHAPE, MAX_PIXELS)
        with pytest.raises(problems.UnprocessableContent, match=told):
            part.whole()


def test_the_memory_is_held_as_long_as_its_parts_are_worked_on() -> None:
    held: list[int] = []

    @contextlib.contextmanager
    def reserve(needed: int) -> Iterator[None]:
        held.append(needed)
        yield
        held.pop()

    box = Box(0, 0, 9, 9)
    with region.decoded(encoded(noise()), [box], SHAPE, MAX_PIXELS, reserve):
        assert held[0] > 4 * WIDTH * HEIGHT
    assert held == []


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_every_format_has_parts(form: str) -> None:
    boxes = [Box(5, 10, 35, 30)]
    readable = tuple(formats.NAMES)
    data = encoded(noise(), form)
    with (
        region.decoded(data, boxes, SHAPE, MAX_PIXELS, readable=readable) as found,
        decode.whole(data, MAX_PIXELS, readable=readable) as whole,
    ):
        assert Region(found, boxes[0]).whole() == whole.crop((5, 10, 35, 30))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello", problems.UnsupportedMediaType),
        (encoded(noise())[:900], problems.UnprocessableContent),
        (encoded(Image.new("L", (2000, 2000))), problems.ContentTooLarge),
    ],
)
def test_a_picture_that_is_none_is_the_problem_of_all_its_parts(
    data: bytes, kind: type[problems.Problem]
) -> None:
    with pytest.raises(kind), opened(data, Box(0, 0, 9, 9)):
        pass


def test_a_part_so_thin_that_it_would_grow_is_its_own_problem() -> None:
    tall = encoded(Image.new("L", (9, 900)))
    with opened(tall, Box(0, 0, 1, 900)) as (part,), pytest.raises(problems.ContentTooLarge):
        part.prepared(Input((300, 300), 300, "bilinear", (0.5,), (0.5,), channels=1), MAX_PIXELS)
