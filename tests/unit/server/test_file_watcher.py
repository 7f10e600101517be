"""A watched file: its last good reading stays in use, whatever becomes of the file."""

import json
from pathlib import Path

import pytest

from passerelle.server.file_watcher import FileWatcher


class BrokenError(Exception):
    """The failure that the reader foresees."""


def read(path: Path) -> str:
    text = path.read_text()
    if text == "broken":
        raise BrokenError("line 1: broken")
    if text == "worse":
        raise ValueError("no one foresaw this")
    return text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_a_change_is_taken_up(file: Path) -> None:
    watched = FileWatcher(file, read, BrokenError)
    file.write_text("another")
    watched.check()
    assert watched.current == "another"


@pytest.mark.parametrize("content", ["broken", "worse"])
def test_a_broken_change_is_told_and_the_next_good_one_taken(
    content: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = FileWatcher(file, read, BrokenError)
    file.write_text(content)
    watched.check()
    assert watched.current == "one"
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "the last good one stays in use" in told["message"]
    file.write_text("three")
    watched.check()
    assert watched.current == "three"


def test_a_file_that_is_gone_for_a_while_changes_nothing(file: Path) -> None:
    watched = FileWatcher(file, read, BrokenError)
    file.rename(file.with_name("aside"))
    watched.check()
    assert watched.current == "one"
    file.write_text("back")
    watched.check()
    assert watched.current == "back"


def test_a_broken_file_at_the_start_is_an_error(file: Path) -> None:
    file.write_text("broken")
    with pytest.raises(BrokenError):
        FileWatcher(file, read, BrokenError)
