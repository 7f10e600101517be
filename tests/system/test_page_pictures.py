"""The script that takes the documents' pictures of the page."""

from pathlib import Path

from PIL import Image

from passerelle.manifest import reading
from scripts import page_pictures
from tests.support import browser as chrome
from tests.support import stack


def test_a_picture_of_the_page_is_taken(up: stack.Stack, tmp_path: Path) -> None:
    with chrome.chromium() as browser:
        page_pictures.take_all(browser, up.page, tmp_path, ["error-fr", "status"])
    with Image.open(tmp_path / "status.png") as taken:
        assert (taken.width, taken.mode) == (1280, "P")
    assert (tmp_path / "error-fr.png").stat().st_size > 10_000


def test_each_task_that_is_shown_has_a_model(tmp_path: Path) -> None:
    models = reading.read(page_pictures.manifest(tmp_path))
    others = {each.id: each.task for each in models if each.task}
    assert others == {"text": "detection", "text-map": "segmentation", "embedder": "embedding"}
    assert (tmp_path / "lines.py").is_file()
