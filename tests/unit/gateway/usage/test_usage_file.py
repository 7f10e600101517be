"""The usage's file: what is added, what is read, and what is said where it can't be."""

import contextlib
import datetime
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.persistence.database import DatabaseError
from gateway.usage import usage_file
from gateway.usage.counts import Batch, Row
from gateway.usage.question import Question, View

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


@pytest.mark.parametrize("version", [0, 2])
def test_tables_of_others_are_left_alone(path: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE usage (day)")
        other.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(DatabaseError, match="another version"):
        add(path)
    with pytest.raises(DatabaseError, match="another version"):
        usage_file.last_uses(path)


def test_a_day_is_written_as_text_that_sorts(filled: Path) -> None:
    with contextlib.closing(sqlite3.connect(filled)) as other:
        assert other.execute("SELECT DISTINCT day FROM usage ORDER BY day").fetchall() == [
            ("2026-11-25",), ("2026-11-26",),
        ]  # fmt: skip
        assert other.execute("PRAGMA user_version").fetchone() == (1,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
