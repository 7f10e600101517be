"""What a picture shows is found in the model's input where the placement says, and back."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from passerelle.artifact.card import Input
from services.model import decode, orientation, placement, resize

LIMIT = 50_000_000
PAD = (1, 2, 3)
FORMS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("JPEG", {"quality": 95, "subsampling": 0}),
    ("WEBP", {"lossless": True, "method": 0}),
]


def shape(size: tuple[int, int], fit: str, interpolation: str = "bilinear") -> Input:
    return Input(size, None, interpolation, (0.5,) * 3, (0.5,) * 3, fit=fit, pad=PAD)


def stored(upright: Image.Image, turn: orientation.Turn, form: str, **options: Any) -> bytes:
    """A picture as a camera stores it that was held so."""
    exif, out = Image.Exif(), io.BytesIO()
    tags = {None: 1} | {each: tag for tag, each in orientation.TURNS.items()}
    exif[0x0112] = tags[turn]
    undo = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    sideways = upright if turn is None else upright.transpose(undo.get(turn, turn))
    sideways.save(out, form, exif=exif, **options)
    return out.getvalue()


def marked(size: resize.Size, mark: tuple[int, int, int, int]) -> Image.Image:
    """A black picture with a white part."""
    image = Image.new("RGB", size)
    image.paste("white", mark)
    return image


def found(pixels: decode.Pixels) -> npt.NDArray[np.float32]:
    """The box (1, 4) of what is white: its middle and its extent, by how bright each line is."""
    bright = pixels.mean(2) * (pixels.mean(2) > 4) / 255  # without the border
    edges = []
    for axis in (0, 1):  # columns, then rows
        line = bright.mean(axis) / bright.mean(axis).max()
        middle = (line * (np.arange(len(line)) + 0.5)).sum() / line.sum()
        edges.append((middle - line.sum() / 2, middle + line.sum() / 2))
    (left, right), (top, bottom) = edges
    return np.array([[left, top, right, bottom]], np.float32)


def inner(box: resize.Box) -> tuple[int, int, int, int]:
    """A part of a box, in whole pixels, off its middle."""
    left, top, right, bottom = box
    across, down = right - left, bottom - top
    return (
        round(left + 0.2 * across), round(top + 0.35 * down),
        round(left + 0.6 * across), round(top + 0.8 * down),
    )  # fmt: skip


@pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_marked_part_is_found_where_it_is(cykooz: object, data: st.DataObject) -> None:
    width, height = (data.draw(st.integers(60, 900)) for _ in range(2))
    size = data.draw(st.tuples(*[st.integers(48, 160)] * 2))
    fit = data.draw(st.sampled_from(["crop", "squash", "letterbox"]))
    turn = data.draw(st.sampled_from([None, *orientation.TURNS.values()]))
    form, options = data.draw(st.sampled_from(FORMS))
    mark = inner(placement.of((width, height), shape(size, fit), LIMIT).taken)
    picture = stored(marked((width, height), mark), turn, form, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resize, "cykooz", cykooz)
        prepared = decode.prepare(picture, shape(size, fit), LIMIT)
    where = prepared.placement
    assert where.picture == (width, height)
    left, top, right, bottom = where.taken
    step = max((right - left) / where.size[0], (bottom - top) / where.size[1], 1)
    back = where.to_picture(found(prepared.pixels))
    assert np.abs(back - mark).max() <= step / 2, "half a pixel"


@pytest.mark.parametrize("turn", [None, *orientation.TURNS.values()])
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_a_jpeg_that_is_decoded_at_a_fraction_keeps_its_places(
    fit: str, turn: orientation.Turn
) -> None:
    size, wanted = (2001, 1203), shape((64, 64), fit)
    mark = inner(placement.of(size, wanted, LIMIT).taken)
    picture = stored(marked(size, mark), turn, "JPEG", quality=95)
    assert decode.draft(decode.open_image(picture, LIMIT), wanted) == 4
    prepared = decode.prepare(picture, wanted, LIMIT)
    assert prepared.placement.picture == size
    away = prepared.placement.to_picture(found(prepared.pixels)) - mark
    assert np.abs(away).max() < 1203 / 64 / 2, "half a pixel of the input"


@pytest.mark.parametrize(
    ("size", "fit", "factor"),
    [
        ((64, 64), "crop", 2),  # 800 rows become 73
        ((64, 64), "squash", 2),  # 800 rows become 64, 1600 columns the same
        ((64, 64), "letterbox", 4),  # 800 rows become 32
        ((32, 64), "squash", 4),
        ((64, 32), "squash", 2),
    ],
)
@pytest.mark.parametrize("turn", [None, Image.Transpose.ROTATE_90])
def test_a_jpeg_is_decoded_at_the_fraction_that_is_enough(
    size: tuple[int, int], fit: str, factor: int, turn: orientation.Turn
) -> None:
    picture = stored(Image.new("RGB", (1600, 800)), turn, "JPEG")
    assert decode.draft(decode.open_image(picture, LIMIT), shape(size, fit)) == factor


def pillows(picture: Image.Image, size: tuple[int, int], fit: str) -> npt.NDArray[np.uint8]:
    """What plain Pillow makes of a picture: resized whole, then cut or set in a border."""
    (rows, columns), by = size, Image.Resampling.BICUBIC
    if fit == "squash":
        return np.asarray(picture.resize((columns, rows), by))
    scale = min if fit == "letterbox" else max
    goal = (columns, rows) if fit == "letterbox" else (round(columns / 0.875), round(rows / 0.875))
    factor = scale(goal[0] / picture.width, goal[1] / picture.height)
    made = picture.resize((round(picture.width * factor), round(picture.height * factor)), by)
    ground = Image.new("RGB", (columns, rows), PAD)
    ground.paste(made, ((columns - made.width) // 2, (rows - made.height) // 2))
    return np.asarray(ground)


@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
@pytest.mark.parametrize("size", [(96, 96), (128, 64), (64, 128)])
@pytest.mark.parametrize("picture", [(640, 480), (320, 560)])
@pytest.mark.parametrize("turn", [None, *orientation.TURNS.values()])
def test_each_fit_is_what_plain_pillow_makes(
    fit: str, size: tuple[int, int], picture: resize.Size, turn: orientation.Turn
) -> None:
    random = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    upright = Image.fromarray(random).resize(picture, Image.Resampling.BICUBIC)
    given = decode.prepare(stored(upright, turn, "PNG"), shape(size, fit, "bicubic"), LIMIT).pixels
    expected = pillows(upright, size, fit)
    assert given.shape == expected.shape
    away = np.abs(given.astype(int) - expected)
    assert np.median(away) <= 1
    assert np.percentile(away, 99) <= 12, "where the crop begins between two pixels"


def test_bgr_has_blue_first_and_so_has_its_border() -> None:
    upright = Image.new("RGB", (32, 16), (10, 20, 30))
    picture = stored(upright, None, "PNG")
    rgb = shape((32, 32), "letterbox")
    bgr = Input(
        rgb.size, None, "bilinear", rgb.mean, rgb.std, fit="letterbox", pad=PAD, order="bgr"
    )
    pixels = decode.prepare(picture, bgr, LIMIT).pixels
    assert pixels[16, 16].tolist() == [30, 20, 10]
    assert pixels[0, 0].tolist() == [*PAD]
    assert decode.prepare(picture, rgb, LIMIT).pixels[16, 16].tolist() == [10, 20, 30]
