"""The model service's settings."""

from pathlib import Path

import pytest

from passerelle.server.settings import SettingError
from services.model import formats, memory_budget, processors, settings
from services.model.scheduler import MAX_QUEUED


def read(**environ: str) -> settings.Settings:
    return settings.read({"PASSERELLE_ARTIFACTS": "/a"} | environ)


def test_the_defaults_fit_together() -> None:
    options = read()
    assert options.artifacts == (Path("/a"),)
    assert options.max_queue == MAX_QUEUED
    assert options.inference_threads == processors.count()
    assert options.decode_memory == memory_budget.default_limit()
    assert options.formats == formats.DEFAULT
    assert options.bind == ("0.0.0.0:8080",)


def test_a_folder_of_artifacts_stands_for_those_in_it(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_text("{}")
    options = read(PASSERELLE_ARTIFACTS=f"{tmp_path}:/other")
    assert options.artifacts == (tmp_path / "a", tmp_path / "b", Path("/other"))


def test_without_artifacts_it_says_what_to_set() -> None:
    with pytest.raises(SettingError, match="PASSERELLE_ARTIFACTS is not set; it names the artif"):
        settings.read({})


def test_formats_are_words_in_any_case_and_each_counts_once() -> None:
    assert read(PASSERELLE_FORMATS="JPEG, tiff,jpeg").formats == ("jpeg", "tiff")


@pytest.mark.parametrize("words", ["jpg", "jpeg,heic", ",", "jpeg png"])
def test_a_format_that_is_not_read_is_told_which_are(words: str) -> None:
    known = "write any of jpeg, png, webp, avif, bmp, gif, tiff"
    with pytest.raises(SettingError, match=f"PASSERELLE_FORMATS is '{words}'; {known}"):
        read(PASSERELLE_FORMATS=words)
