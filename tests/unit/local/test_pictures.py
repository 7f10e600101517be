"""passerelle/local/pictures.py: which files of a folder are pictures, and how large they are."""

from pathlib import Path

import pytest
from PIL import Image

from passerelle.local import pictures


def test_pictures_are_found_below_a_folder_by_name_but_for_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "sub/c.webp", ".hidden.png", ".sub/d.png", "e.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(file.relative_to(tmp_path)) for file in pictures.files(tmp_path)]
    assert found == ["a.png", "b.JPG", "sub/c.webp"]


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(pictures.PicturesError, match="is no folder; name one that holds pictures"):
        pictures.files(tmp_path / "none")


def test_a_size_is_of_the_picture_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (40, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert pictures.upright_size(tmp_path / "turned.jpg") == (20, 40)
    Image.new("RGB", (40, 20)).save(tmp_path / "plain.png")
    assert pictures.upright_size(tmp_path / "plain.png") == (40, 20)
    assert pictures.upright_size(tmp_path / "none.png") is None


def test_problems_are_named_up_to_a_number() -> None:
    pictures.raise_problems([])
    with pytest.raises(pictures.PicturesError) as caught:
        pictures.raise_problems(str(number) for number in range(12))
    assert str(caught.value).splitlines()[-2:] == ["9", "… and 2 more."]
