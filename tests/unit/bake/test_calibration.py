"""The pictures that int8 takes its ranges from, and those that judge it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from services.bake import calibration
from services.bake.errors import CalibrationError
from services.bake.picture_way import Picture
from services.model.decode import Pixels
from services.model.tensors import PIXELS

SHAPE = Input((32, 32), 36, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def recipe(folder: Path | None = None) -> Recipe:
    given = str(folder) if folder else None
    return Recipe(id="net", architecture="nets:Net", weights="random", calibration=given)


def pictures(folder: Path, count: int) -> Path:
    """A folder of grey pictures, each of another shade."""
    for number in range(count):
        Image.new("L", (40, 40), number).save(folder / f"{number:02}.png")
    return folder


def shades(found: list[Picture]) -> list[int]:
    return [int(each.inputs[PIXELS][0, 0, 0, 0]) for each in found]


def crops(shape: Input, count: int, seed: int) -> list[Pixels]:
    return [each.pixels for each in calibration.crops(shape, count, seed)]


def test_every_fifth_picture_of_a_folder_judges_and_the_others_give_ranges(tmp_path: Path) -> None:
    given = recipe(pictures(tmp_path, 12))
    assert shades(calibration.judge(given, SHAPE)) == [0, 5, 10]
    assert shades(calibration.ranges(given, SHAPE)) == [1, 2, 3, 4, 6, 7, 8, 9, 11]


def test_a_folder_with_few_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(CalibrationError, match="holds 3 pictures; calibration needs 10 and more"):
        calibration.ranges(recipe(pictures(tmp_path, 3)), SHAPE)


def test_the_same_seed_gives_the_same_crops_and_another_gives_others() -> None:
    first, again, other = (crops(SHAPE, 10, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not any(np.array_equal(*pair) for pair in zip(first, other, strict=True))
    assert {pixels.shape for pixels in first} == {(32, 32, 3)}


@pytest.mark.parametrize("channels", [1, 4])
def test_crops_and_pictures_have_the_models_channels(channels: int, tmp_path: Path) -> None:
    shape = Input((32, 32), 36, "bilinear", (0.5,), (0.5,), channels)
    assert {pixels.shape for pixels in crops(shape, 4, 0)} == {(32, 32, channels)}
    judge = calibration.judge(recipe(pictures(tmp_path, 10)), shape)
    assert {each.inputs[PIXELS].shape for each in judge} == {(1, 32, 32, channels)}


def test_crops_lie_within_the_picture() -> None:
    image, chance = Image.new("RGB", (300, 20)), np.random.default_rng(0)
    for _ in range(100):
        left, top, right, bottom = calibration.box(image, SHAPE, chance)
        assert 0 <= left < right <= 300
        assert 0 <= top < bottom <= 20


def shaped(size: tuple[int, int], fit: str) -> Input:
    return Input(size, None, "bilinear", (0.5,) * 3, (0.5,) * 3, fit=fit, pad=(1, 2, 3))


@pytest.mark.parametrize("size", [(40, 20), (20, 40)])
def test_what_is_cropped_is_as_oblong_as_the_input_and_what_is_squashed_is_not(
    size: tuple[int, int],
) -> None:
    made = list(calibration.crops(shaped(size, "crop"), 60, 0))
    taken = [each.placement.taken for each in made]
    aspects = [(right - left) / (bottom - top) for left, top, right, bottom in taken]
    assert {each.pixels.shape for each in made} == {(*size, 3)}
    assert np.median(aspects) == pytest.approx(size[1] / size[0], rel=0.2)
    squashed = [each.placement.taken for each in calibration.crops(shaped(size, "squash"), 60, 0)]
    aspects = [(right - left) / (bottom - top) for left, top, right, bottom in squashed]
    assert np.median(aspects) == pytest.approx(1, rel=0.2)


def test_what_is_letterboxed_has_its_border_and_its_proportions() -> None:
    for each in calibration.crops(shaped((40, 20), "letterbox"), 20, 0):
        left, top, right, bottom = each.placement.taken
        width, height = each.placement.size
        assert abs(width - height * (right - left) / (bottom - top)) <= 1
        assert height < 40
        assert (each.pixels[0] == (1, 2, 3)).all()
        assert (each.pixels[-1] == (1, 2, 3)).all()
        assert not (each.pixels[20] == (1, 2, 3)).all()


@pytest.mark.parametrize(("side", "expected"), [(320, 300), (400, 300), (520, 177), (1600, 50)])
def test_of_a_large_input_there_are_fewer_crops(
    side: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "crops", lambda _, count, seed: range(count + seed))
    assert len(calibration.ranges(recipe(None), shaped((side, side), "squash"))) == expected
