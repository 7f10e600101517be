"""A watched file: its last good reading stays in use, whatever becomes of the file."""

import asyncio
import contextlib
import json
import os
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


async def check_twice(watched: FileWatcher[str, str]) -> None:
    """A change is taken up when it is seen for the second time."""
    await watched.check()
    await watched.check()


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
    await check_twice(watched)
    assert watched.current == "ANOTHER"
    assert "file was changed and is in use" in capsys.readouterr().out


@pytest.mark.parametrize("how", ["in place", "by a rename", "by a link"])
async def test_a_change_of_the_same_length_and_time_is_one(file: Path, how: str) -> None:
    watched, status = watcher(file), file.stat()
    target = file if how == "in place" else file.with_name("beside")
    target.write_text("two")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    if how == "by a rename":
        target.replace(file)
    elif how == "by a link":
        file.unlink()
        file.symlink_to("beside")
    await check_twice(watched)
    assert watched.current == "TWO"


async def test_a_file_that_is_still_written_to_is_waited_for(file: Path) -> None:
    watched = watcher(file)
    for text in ("br", "broke", "broken n"):
        file.write_text(text)
        await watched.check()
        assert watched.current == "ONE"
    file.write_text("broken no more")
    await check_twice(watched)
    assert watched.current == "BROKEN NO MORE"


async def test_a_rename_in_two_steps_is_not_even_noticed(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    file.rename(file.with_name("aside"))
    await watched.check()
    file.with_name("aside").rename(file)
    await check_twice(watched)
    assert capsys.readouterr().out == ""


async def test_a_change_of_any_file_beside_is_one(file: Path) -> None:
    beside, found = [file.with_name("a"), file.with_name("b")], iter(["one", "two", "three"])
    watched = FileWatcher(file, lambda _: next(found), str.upper, BrokenError, beside)
    for expected, changed in zip(("ONE", "TWO"), beside, strict=True):
        await check_twice(watched)
        assert watched.current == expected
        changed.write_text("a key")
    await check_twice(watched)
    assert watched.current == "THREE"


async def test_a_file_that_did_not_change_is_not_read_again(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    await check_twice(watched)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", ["broken", "worse"])
async def test_a_broken_change_is_logged_and_the_next_good_one_taken(
    content: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watcher(file)
    file.write_text(content)
    await check_twice(watched)
    assert watched.current == "ONE"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "the last good one stays in use" in lines[-1]["message"]
    assert ("traceback" in lines[0]) is (content == "worse")
    file.write_text("three")
    await check_twice(watched)
    assert watched.current == "THREE"


async def test_a_reading_that_cannot_be_accepted_changes_nothing(file: Path) -> None:
    def accept(text: str) -> str:
        if text != "one":
            raise BrokenError("no such backend")
        return text

    watched = FileWatcher(file, read, accept, BrokenError)
    file.write_text("another")
    await check_twice(watched)
    assert watched.current == "one"


async def test_a_file_that_is_gone_for_a_while_changes_nothing(file: Path) -> None:
    watched = watcher(file)
    file.rename(file.with_name("aside"))
    await check_twice(watched)
    assert watched.current == "ONE"
    file.write_text("back")
    await check_twice(watched)
    assert watched.current == "BACK"


async def test_it_is_looked_at_again_and_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sleep is the test's: each writes the next content."""
    contents = iter(["two", "two", "three", "three"])
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
    assert seen == ["ONE", "ONE", "TWO", "TWO", "THREE"]


def test_a_broken_file_at_the_start_is_an_error(file: Path) -> None:
    file.write_text("broken")
    with pytest.raises(BrokenError):
        watcher(file)
