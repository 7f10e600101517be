"""bench/pictures.py: which JPEGs are sent."""

from pathlib import Path

import pytest
from PIL import Image

from bench import pictures


def test_the_projects_own_pictures_are_written_as_jpegs_of_one_width(tmp_path: Path) -> None:
    files = pictures.files(None, tmp_path)
    assert len(files) == 3
    for file in files:
        with Image.open(file) as image:
            assert (image.format, image.width) == ("JPEG", pictures.WIDTH)


def test_a_folders_jpegs_are_sent_by_name(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.jpeg", "notes.txt"):
        (tmp_path / name).touch()
    assert [Path(file).name for file in pictures.files(tmp_path, tmp_path)] == ["a.jpeg", "b.JPG"]


def test_a_folder_without_jpegs_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"holds no \.jpg or \.jpeg file"):
        pictures.files(tmp_path, tmp_path)
