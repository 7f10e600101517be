"""Which class each pixel of a folder's pictures is of: a PNG for each picture says it.

It lies at `masks/NAME.png`, by the picture's own path from the folder on, and has its size. The
values are the classes' numbers: grey, or a palette's places as Pascal VOC has them; 255 counts not.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from passerelle.local import pictures

if TYPE_CHECKING:
    from PIL import Image

FOLDER = "masks"
IGNORED = 255
MODES = ("L", "P")  # Pillow's: grey, palette


@dataclasses.dataclass(frozen=True)
class MaskLabels:
    """The masks of pictures, and the highest class in each."""

    masks: dict[Path, Path]
    highest: dict[Path, int]
    others: list[Path]  # masks that are of no picture


def have_pictures(folder: Path, files: list[Path]) -> bool:
    """Whether any picture has a mask."""
    return any(path_of(file, folder).is_file() for file in files if not is_mask(file, folder))


def are_there(folder: Path) -> bool:
    """Whether any file is where masks are; a class of pictures may have that name."""
    return any((folder / FOLDER).rglob("*.png"))


def is_mask(file: Path, folder: Path) -> bool:
    """Whether a file lies where masks do."""
    return file.relative_to(folder).parts[0] == FOLDER


def read(folder: Path, files: list[Path]) -> MaskLabels:
    """The masks of those pictures that have one; all are looked through.

    Raises:
        PicturesError: with all that is wrong with them; or none is of a picture.
    """
    masks = {file: mask for file in files if (mask := path_of(file, folder)).is_file()}
    others = sorted({*(folder / FOLDER).rglob("*.png")} - {*masks.values()})
    if not masks:
        raise pictures.PicturesError(
            f"{others[0]} is of no picture, and no other mask is: name each as its picture, such "
            f"as {path_of(files[0], folder)}."
        )
    wrong: list[str] = []
    values = {file: read_values(file, mask, wrong) for file, mask in masks.items()}
    pictures.raise_problems(wrong)
    every = set[int]().union(*values.values())
    if IGNORED in every and every <= {0, IGNORED}:
        raise pictures.PicturesError(
            f"The masks in {folder / FOLDER} have the values 0 and 255 alone, and 255 isn't "
            "counted: write each class's own number, such as 1, in place of 255."
        )
    highest = {file: max(found - {IGNORED}, default=0) for file, found in values.items()}
    return MaskLabels(masks, highest, others)


def notes(labels: MaskLabels) -> list[str]:
    """What one must know of the masks, as sentences."""
    if not labels.others:
        return []
    return [f"masks of no picture: {len(labels.others)}, such as {labels.others[0]}"]


def path_of(file: Path, folder: Path) -> Path:
    """Where a picture's mask lies."""
    return (folder / FOLDER / file.relative_to(folder)).with_suffix(".png")


def read_values(file: Path, mask: Path, wrong: list[str]) -> set[int]:
    """The values of a mask; what is wrong with it is added to `wrong`."""
    from PIL import Image

    try:
        with Image.open(mask) as image:
            image.load()
    except Exception as error:
        wrong.append(f"{mask} can't be read: {error}")
        return set()
    wrong += problems_of(image, mask, file)
    return {value for value, count in enumerate(image.histogram()) if count}


def problems_of(image: "Image.Image", mask: Path, file: Path) -> Iterator[str]:
    """What is wrong with a mask for a picture."""
    size = pictures.upright_size(file)
    if image.mode not in MODES:
        yield (
            f"{mask} is of the kind {image.mode}; a mask's values are classes: save it as an 8 bit "
            "grey PNG, or one with a palette."
        )
    if size and image.size != size:
        yield (
            f"{mask} is {image.width} x {image.height} pixels, but {file} is {size[0]} x {size[1]}."
        )


def in_numbers(labels: MaskLabels, count: int, model: str) -> dict[str, str]:
    """The mask of each labelled file, for a model of so many classes.

    Raises:
        PicturesError: names the masks with classes that the model doesn't have.
    """
    pictures.raise_problems(
        f"{labels.masks[file]}: {highest} is no class of {model}; it has 0 to {count - 1}."
        for file, highest in labels.highest.items()
        if highest >= count
    )
    return {str(file): str(mask) for file, mask in labels.masks.items()}
