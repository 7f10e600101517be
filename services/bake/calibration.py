"""Pictures that stand for those to come: int8 takes its ranges from some, others judge it."""

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from passerelle.artifact.card import Input
from passerelle.manifest.model import Recipe
from services.bake.errors import CalibrationError
from services.model import decode, modes, resize
from services.model.decode import Prepared
from services.model.placement import Placement

PICTURES = sorted((Path(__file__).parent / "pictures").glob("*.*g"))
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
ASPECTS = (3 / 4, 4 / 3)  # of a crop, width to height
MIN_AREA = 0.08  # share of a picture's area that a crop has at least
RANGES, JUDGE = (300, 0), (300, 1)  # how many crops, and their seed
MIN_PICTURES = 10  # in a calibration folder


def ranges(recipe: Recipe, shape: Input) -> list[Prepared]:
    """The pictures that int8 takes its ranges from: the folder's, but every fifth, or crops.

    Raises:
        CalibrationError
    """
    if not recipe.calibration:
        return list(crops(shape, *RANGES))
    files = pictures(Path(recipe.calibration))
    del files[::5]
    return [prepared(file, shape) for file in files]


def judge(recipe: Recipe, shape: Input) -> list[Prepared]:
    """The pictures that a lower precision is judged on: the folder's fifth ones, or other crops.

    Raises:
        CalibrationError
    """
    if not recipe.calibration:
        return list(crops(shape, *JUDGE))
    return [prepared(file, shape) for file in pictures(Path(recipe.calibration))[::5]]


def prepared(file: Path, shape: Input) -> Prepared:
    """A picture as a request's would be."""
    return decode.prepare(file.read_bytes(), shape, max_pixels=10**9)


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
    side, resampling = (shape.size, shape.size), resize.PILLOW_FILTERS[shape.interpolation]
    for number in range(count):
        image = images[number % len(images)]
        part = box(image, chance)
        crop = image.resize(side, resampling, box=part)
        mirrored = chance.random() < 0.5
        made = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else crop
        placement = Placement(image.size, part, (0, 0, *side))
        yield Prepared(modes.pixels(made, shape), placement)


def opened(path: Path, mode: str) -> Image.Image:
    """A photograph in a mode, whose file is closed."""
    with Image.open(path) as image:
        image.load()
        return modes.converted(image, mode)


def box(image: Image.Image, chance: np.random.Generator) -> tuple[int, int, int, int]:
    """A part of a picture, as random as those that classifiers are trained on."""
    area = chance.uniform(MIN_AREA, 1) * image.width * image.height
    narrow, wide = (math.log(aspect) for aspect in ASPECTS)
    aspect = math.exp(chance.uniform(narrow, wide))
    width = min(image.width, int((area * aspect) ** 0.5))
    height = min(image.height, int((area / aspect) ** 0.5))
    left = int(chance.integers(0, image.width - width + 1))
    top = int(chance.integers(0, image.height - height + 1))
    return left, top, left + width, top + height
