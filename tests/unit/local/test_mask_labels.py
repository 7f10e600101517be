"""passerelle/local/mask_labels.py: a picture's classes, pixel by pixel, and what can be wrong."""

from pathlib import Path

import pytest
from PIL import Image

from passerelle.local import mask_labels, pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, the one in a sub-folder, of 40 x 20 pixels; and an empty `masks`."""
    for name in ("a.jpg", "sub/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 20)).save(tmp_path / name)
    (tmp_path / "masks" / "sub").mkdir(parents=True)
    return tmp_path


def read(folder: Path) -> mask_labels.MaskLabels:
    files = [file for file in pictures.files(folder) if not mask_labels.is_mask(file, folder)]
    return mask_labels.read(folder, files)


def save(mask: Image.Image, folder: Path, name: str = "a.png") -> Path:
    mask.save(folder / "masks" / name)
    return folder / "masks" / name


def test_a_mask_lies_where_the_picture_does(folder: Path) -> None:
    save(Image.new("L", (40, 20), 2), folder, "sub/b.png")
    found = mask_labels.in_numbers(read(folder), 3, "own")
    assert found == {str(folder / "sub" / "b.png"): str(folder / "masks" / "sub" / "b.png")}


def test_the_values_of_a_palette_are_its_places_and_255_is_not_counted(folder: Path) -> None:
    mask = Image.new("P", (40, 20), 1)
    mask.putpalette([0, 0, 0, 128, 0, 0])
    mask.putpixel((0, 0), 255)
    save(mask, folder)
    assert read(folder).highest == {folder / "a.jpg": 1}


def test_a_class_that_the_model_does_not_have_is_told(folder: Path) -> None:
    save(Image.new("L", (40, 20), 3), folder)
    with pytest.raises(
        pictures.PicturesError, match=r"masks.a.png: 3 is no class of own; .* 0 to 2"
    ):
        mask_labels.in_numbers(read(folder), 3, "own")


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (Image.new("RGB", (40, 20)), "is of the kind RGB; .* save it as an 8 bit grey PNG"),
        (Image.new("L", (20, 40)), r"a.png is 20 x 40 pixels, but .*a.jpg is 40 x 20"),
        (Image.new("L", (40, 20), 255), "write each class's own number"),
    ],
)
def test_what_is_wrong_with_a_mask_is_told(mask: Image.Image, expected: str, folder: Path) -> None:
    save(mask, folder)
    with pytest.raises(pictures.PicturesError, match=expected):
        read(folder)


def test_masks_of_nothing_but_background_are_masks(folder: Path) -> None:
    save(Image.new("L", (40, 20), 0), folder)
    assert read(folder).highest == {folder / "a.jpg": 0}


def test_masks_of_no_picture_are_counted_unless_all_are(folder: Path) -> None:
    other = save(Image.new("L", (40, 20), 1), folder, "other.png")
    with pytest.raises(pictures.PicturesError, match=r"other.png is of no picture, .*masks.a.png"):
        read(folder)
    save(Image.new("L", (40, 20), 1), folder)
    assert mask_labels.notes(read(folder)) == [f"masks of no picture: 1, such as {other}"]
    other.unlink()
    assert mask_labels.notes(read(folder)) == []


def test_a_mask_that_is_no_picture_is_told(folder: Path) -> None:
    (folder / "masks" / "a.png").write_text("hello")
    with pytest.raises(pictures.PicturesError, match=r"a.png can't be read"):
        read(folder)
