"""Pictures that stand for those to come: int8 takes its ranges from some, others judge it."""

import dataclasses
import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from passerelle.artifact import card
from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from services.bake import picture_way
from services.bake.errors import CalibrationError
from services.bake.picture_way import Picture
from services.model import modes, placement, resize
from services.model.decode import Prepared
from services.model.handled import NO_HANDLER, Handled

PICTURES = sorted((Path(__file__).parent / "pictures").glob("*.*g"))
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
MAX_PIXELS = 10**9  # of a picture that a bake reads: a person's own
ASPECTS = (3 / 4, 4 / 3)  # of a crop, width to height
MIN_AREA = 0.08  # share of a picture's area that a crop has at least
HANDLED = 60  # crops for a handler, which may make large inputs of them
RANGES, JUDGE = (300, 0), (300, 1)  # how many crops, and their seed
MIN_CROPS, CROPS_PIXELS = 50, 300 * 400 * 400  # of inputs so large that they take fewer
MIN_PICTURES = 10  # in a calibration folder

Part = tuple[int, int, int, int]  # left, top, right, bottom in pixels of a picture


def ranges(recipe: Recipe, shape: Input, handled: Handled = NO_HANDLER) -> list[Picture]:
    """The pictures that int8 takes its ranges from: the folder's, but every fifth, or crops.

    Raises:
        CalibrationError
    """
    if not recipe.calibration:
        return some_crops(handled, shape, *RANGES)
    files = pictures(Path(recipe.calibration))
    del files[::5]
    return [picture_way.of_file(handled, file, shape) for file in files]


def judge(recipe: Recipe, shape: Input, handled: Handled = NO_HANDLER) -> list[Picture]:
    """The pictures that a lower precision is judged on: the folder's fifth ones, or other crops.

    Raises:
        CalibrationError
    """
    if not recipe.calibration:
        return some_crops(handled, shape, *JUDGE)
    files = pictures(Path(recipe.calibration))[::5]
    return [picture_way.of_file(handled, file, shape) for file in files]


def some_crops(handled: Handled, shape: Input, count: int, seed: int) -> list[Picture]:
    """Crops of the photographs; as pictures of their own where a handler takes pictures.

    Raises:
        ForwardError: the handler fails on one.
    """
    if not handled.wants_image:
        height, width = shape.size
        most = max(CROPS_PIXELS // (height * width), MIN_CROPS)
        return list(crops(shape, min(count, most), seed))
    images = whole_crops(min(count, HANDLED), seed)
    return [picture_way.of_image(handled, each, shape) for each in images]


def whole_crops(count: int, seed: int) -> Iterator[Image.Image]:
    """Crops of the photographs in RGB, of every size; the same for one seed."""
    chance = np.random.default_rng(seed)
    images = [opened(path, "RGB") for path in photographs()]
    for number in range(count):
        image = images[number % len(images)]
        yield image.crop(box(image, card.BY_HANDLER, chance))


def pictures(folder: Path) -> list[Path]:
    """The picture files of a folder, by name.

    Raises:
        CalibrationError
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    if len(files) < MIN_PICTURES:
        raise CalibrationError(
            f"{folder} holds {len(files)} pictures; "
            f"calibration needs {MIN_PICTURES} and more, better 200."
        )
    return files


def photographs() -> list[Path]:
    """The project's own photographs, and those that scikit-learn carries."""
    spec = importlib.util.find_spec("sklearn")
    beside = Path(spec.origin).parent if spec and spec.origin else Path()
    return PICTURES + sorted((beside / "datasets" / "images").glob("*.jpg"))


def crops(shape: Input, count: int, seed: int) -> Iterator[Prepared]:
    """Crops of the photographs, of every size, half of them mirrored; the same for one seed."""
    chance = np.random.default_rng(seed)
    mode = modes.BY_CHANNELS[shape.channels]
    images = [opened(path, mode) for path in photographs()]
    resampling = resize.PILLOW_FILTERS[shape.interpolation]
    for number in range(count):
        image = images[number % len(images)]
        part = box(image, shape, chance)
        where = placed(image, part, shape)
        crop = image.resize(where.size, resampling, box=part)
        mirrored = chance.random() < 0.5
        made = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else crop
        yield Prepared(modes.pixels(made, shape, where.corner), where)


def placed(image: Image.Image, part: Part, shape: Input) -> placement.Placement:
    """Where a part of a photograph goes in the input, as if it were a picture.

    For `crop` all of it goes there: it is the middle of a picture already.
    """
    left, top, right, bottom = part
    fit = "letterbox" if shape.fit == "letterbox" else "squash"
    as_whole = dataclasses.replace(shape, fit=fit)
    where = placement.of((right - left, bottom - top), as_whole, MAX_PIXELS)
    return dataclasses.replace(where, picture=image.size, taken=part)


def opened(path: Path, mode: str) -> Image.Image:
    """A photograph in a mode, whose file is closed."""
    with Image.open(path) as image:
        image.load()
        return modes.converted(image, mode)


def box(image: Image.Image, shape: Input, chance: np.random.Generator) -> Part:
    """A part of a picture, as random as those that classifiers are trained on.

    For `crop` it is as oblong as the input, give or take those `ASPECTS`.
    """
    height, width = shape.size if shape.fit == "crop" else (1, 1)
    area = chance.uniform(MIN_AREA, 1) * image.width * image.height
    narrow, wide = (math.log(aspect) for aspect in ASPECTS)
    aspect = math.exp(chance.uniform(narrow, wide)) * width / height
    if width != height:  # then the picture may have no part of that area
        area = min(area, image.width**2 / aspect, image.height**2 * aspect)
    width = min(image.width, int((area * aspect) ** 0.5))
    height = min(image.height, int((area / aspect) ** 0.5))
    left = int(chance.integers(0, image.width - width + 1))
    top = int(chance.integers(0, image.height - height + 1))
    return left, top, left + width, top + height
