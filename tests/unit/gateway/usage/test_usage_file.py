"""The usage's file: what is added, what is read, and what is said where it can't be."""

import contextlib
import datetime
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.usage import usage_file
from gateway.usage.counts import Batch, Row
from gateway.usage.question import Question, View
from gateway.usage.usage_file import UsageError

TODAY = datetime.date(2026, 11, 26)
OLDEST = datetime.date(2025, 10, 23)
AT = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
ALWAYS = Question(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1))


def batch(*rows: tuple[str, str, str], at: datetime.datetime = AT) -> Batch:
    """One answered picture of each row; a caller's name is what stands behind the colon."""
    found = Batch()
    for row in rows:
        found.counts(Row(*row)).count(200, 1, 0.25)
        found.use(row[1], row[1].partition(":")[2], at.timestamp())
    return found


def add(path: Path, *rows: tuple[str, str, str], at: datetime.datetime = AT) -> None:
    usage_file.add(path, batch(*rows, at=at), OLDEST)


def read(path: Path, **given: Any) -> list[tuple[Any, ...]]:
    """What a question finds: the columns, and the requests."""
    question = Question(**{"since": ALWAYS.since, "until": ALWAYS.until, **given})
    found = usage_file.read(path, question)
    return [(*(each[name] for name in question.by), each["requests"]) for each in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage's?#%.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """A file of two days, two callers and two models."""
    add(path, ("2026-11-25", "key:a", "m"), ("2026-11-26", "key:a", "m"))
    add(path, ("2026-11-26", "key:a", "n"), ("2026-11-26", "key:b", "m"))
    return path


def test_what_is_added_adds_up(path: Path) -> None:
    for _ in range(3):
        add(path, ("2026-11-26", "key:a", "m"))
    assert usage_file.read(path, ALWAYS) == [
        {
            "day": "2026-11-26", "caller": "key:a", "name": "a", "model": "m", "requests": 3,
            "answers": 3, "refusals": 0, "errors": 0, "pictures": 3, "inference_seconds": 0.75,
        }
    ]  # fmt: skip


def test_usage_is_summed_up_by_what_is_asked_for(filled: Path) -> None:
    assert read(filled, by=("model",)) == [("m", 3), ("n", 1)]
    assert read(filled, by=("day",)) == [("2026-11-25", 1), ("2026-11-26", 3)]
    assert read(filled, by=("caller", "model")) == [
        ("key:a", "m", 2), ("key:a", "n", 1), ("key:b", "m", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "requests"),
    [
        ({"since": TODAY}, 3),
        ({"until": datetime.date(2026, 11, 25)}, 1),
        ({"caller": "key:b"}, 1),
        ({"caller": "a"}, 3),
        ({"caller": "nobody"}, 0),
        ({"model": "n"}, 1),
        ({"view": View("key:b")}, 1),
        ({"view": View("key:b", frozenset({"n"}))}, 2),
        ({"view": View("key:b", frozenset({"n"})), "caller": "a"}, 1),
    ],
)
def test_a_question_finds_what_it_asks_for(
    filled: Path, given: dict[str, Any], requests: int
) -> None:
    assert sum(row[-1] for row in read(filled, **given)) == requests


def test_an_answer_is_no_longer_than_it_may_be(filled: Path) -> None:
    assert len(usage_file.read(filled, ALWAYS, 2)) == 2


def test_old_days_go_and_so_does_who_asked_then_alone(path: Path) -> None:
    long_ago = datetime.datetime.combine(OLDEST, datetime.time(), datetime.UTC)
    before = long_ago - datetime.timedelta(seconds=1)
    add(path, ("2025-10-23", "key:kept", "m"), at=long_ago)
    add(path, ("2025-10-22", "key:gone", "m"), at=before)
    add(path)
    assert read(path, by=("day", "caller")) == [("2025-10-23", "key:kept", 1)]
    assert usage_file.last_uses(path) == {"key:kept": long_ago}


def test_the_last_use_is_the_latest_and_has_the_name_of_that(path: Path) -> None:
    for name, hours in (("old", 0), ("new", 2), ("late", 1)):
        each = Batch()
        each.use("key:a", name, (AT + datetime.timedelta(hours=hours)).timestamp())
        usage_file.add(path, each, OLDEST)
    add(path, ("2026-11-26", "key:a", "m"), at=AT)
    assert usage_file.last_uses(path) == {"key:a": AT + datetime.timedelta(hours=2)}
    assert usage_file.read(path, ALWAYS)[0]["name"] == "new"


def test_without_a_file_there_is_nothing(path: Path) -> None:
    assert usage_file.read(path, ALWAYS) == []
    assert usage_file.last_uses(path) == {}
    path.touch()
    assert usage_file.read(path, ALWAYS) == []
    assert path.read_bytes() == b""


def test_a_new_file_is_its_owners_alone(filled: Path) -> None:
    assert filled.stat().st_mode & 0o777 == 0o600
    assert len(read(filled)) == 4
    assert list(filled.parent.iterdir()) == [filled]  # and nothing beside it


def test_a_file_that_is_deleted_is_made_anew(filled: Path) -> None:
    with usage_file.opened(filled, "rw"):  # somebody has it open
        filled.unlink()
        add(filled, ("2026-11-26", "key:a", "m"))
    assert read(filled) == [("2026-11-26", "key:a", "m", 1)]


def test_who_writes_at_once_loses_nothing(path: Path) -> None:
    rows = [("2026-11-26", "key:a", each) for each in "mn"]
    writers = [threading.Thread(target=add, args=(path, *rows)) for _ in range(16)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert read(path, by=("model",)) == [("m", 16), ("n", 16)]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def refused(path: Path) -> str:
    """Why nothing can be added."""
    with pytest.raises(UsageError) as caught:
        add(path, ("2026-11-26", "key:a", "m"))
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_file_that_another_process_keeps_is_left_alone(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_file, "BUSY_SECONDS", 0.0)
    with locked(filled):
        assert refused(filled) == "another process has kept it for too long"
        assert read(filled, by=("model",)) == [("m", 3), ("n", 1)]  # it can still be read
    add(filled, ("2026-11-26", "key:a", "m"))
    assert read(filled, by=("model",)) == [("m", 4), ("n", 1)]


def test_a_full_disk_loses_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = usage_file.opened

    @contextlib.contextmanager
    def full(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
        with opened(path, mode) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
            yield connection

    rows = [("2026-11-26", f"key:{number}", "m") for number in range(1_000)]
    with monkeypatch.context() as patch:
        patch.setattr(usage_file, "opened", full)
        with pytest.raises(UsageError, match="there is no space left"):
            add(filled, *rows)
    assert read(filled, by=("model",)) == [("m", 3), ("n", 1)]
    add(filled, *rows)
    assert read(filled, by=("model",)) == [("m", 1_003), ("n", 1)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"keys: []\n" * 1_000, "it is another kind of file; move it away, and a new one is made"),
        (b"SQLite format 3\0" + b"x" * 9_000, "it is another kind of file"),
    ],
)
def test_what_is_no_usage_is_left_alone(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    assert refused(path).startswith(reason)
    assert path.read_bytes() == content
    with pytest.raises(UsageError):
        usage_file.read(path, ALWAYS)


@pytest.mark.parametrize("version", [0, 2])
def test_tables_of_others_are_left_alone(path: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE usage (day)")
        other.execute(f"PRAGMA user_version = {version}")
    assert refused(path).startswith("it is of another version of Passerelle")
    with pytest.raises(UsageError, match="another version"):
        usage_file.last_uses(path)


def test_a_damaged_file_is_said_to_be(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    filled.write_bytes(content)
    assert refused(filled).startswith("it is damaged; move it away")


def test_where_no_file_can_be_the_reason_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "none" / "usage.db") == "No such file or directory"
    assert refused(tmp_path) == "it can't be opened"


def test_a_day_is_written_as_text_that_sorts(filled: Path) -> None:
    with contextlib.closing(sqlite3.connect(filled)) as other:
        assert other.execute("SELECT DISTINCT day FROM usage ORDER BY day").fetchall() == [
            ("2026-11-25",), ("2026-11-26",),
        ]  # fmt: skip
        assert other.execute("PRAGMA user_version").fetchone() == (usage_file.VERSION,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
