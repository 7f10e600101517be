"""A watched file: its last good reading stays in use, whatever becomes of the file."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from passerelle.server import file_watcher
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


def watcher(path: Path) -> FileWatcher[str, str]:
    return FileWatcher(path, read, str.upper, BrokenError)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


async def test_a_change_is_read_and_accepted(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    assert watched.current == "ONE"
    file.write_text("another")
    await watched.check()
    assert watched.current == "ANOTHER"
    assert "file was changed and is in use" in capsys.readouterr().out


async def test_a_file_that_did_not_change_is_not_read_again(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    await watched.check()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", ["broken", "worse"])
async def test_a_broken_change_is_logged_and_the_next_good_one_taken(
    content: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    file.write_text(content)
    await watched.check()
    assert watched.current == "ONE"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "the last good one stays in use" in lines[-1]["message"]
    assert ("traceback" in lines[0]) is (content == "worse")
    file.write_text("three")
    await watched.check()
    assert watched.current == "THREE"


async def test_a_reading_that_cannot_be_accepted_changes_nothing(file: Path) -> None:
    def accept(text: str) -> str:
        if text != "one":
            raise BrokenError("no such backend")
        return text

    watched = FileWatcher(file, read, accept, BrokenError)
    file.write_text("another")
    await watched.check()
    assert watched.current == "one"


async def test_a_file_that_is_gone_for_a_while_changes_nothing(file: Path) -> None:
    watched = watcher(file)
    file.rename(file.with_name("aside"))
    await watched.check()
    assert watched.current == "ONE"
    file.write_text("back")
    await watched.check()
    assert watched.current == "BACK"


async def test_it_is_looked_at_again_and_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sleep is the test's: each writes the next content."""
    contents = iter(["two", "three"])
    watched, seen = watcher(file), []

    async def sleep(seconds: float) -> None:
        assert seconds == file_watcher.POLL_INTERVAL
        seen.append(watched.current)
        text = next(contents, None)
        if text is None:
            raise asyncio.CancelledError
        file.write_text(text)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with contextlib.suppress(asyncio.CancelledError):
        await watched.watch()
    assert seen == ["ONE", "TWO", "THREE"]


def test_a_broken_file_at_the_start_is_an_error(file: Path) -> None:
    file.write_text("broken")
    with pytest.raises(BrokenError):
        watcher(file)
