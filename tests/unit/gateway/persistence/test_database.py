"""A file of SQLite: what is done in it, and what is said where that can't be done."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.persistence import database
from gateway.persistence.database import Database, DatabaseError
from gateway.persistence.schema import Schema

SCHEMA = Schema(1, ("CREATE TABLE things (name TEXT)",))
FIRST = Schema(1, ("CREATE TABLE first (name TEXT)",), "first")
SECOND = Schema(2, ("CREATE TABLE second (name TEXT)",), "second")


@pytest.fixture
def things(tmp_path: Path) -> Database:
    """One that isn't there yet, at a path that an address of SQLite's must escape."""
    return Database(tmp_path / "thing's?#%.db", SCHEMA)


@pytest.fixture
def filled(things: Database) -> Database:
    """A file with three things."""
    add(things, "a", "b", "c")
    return things


def add(things: Database, *names: str) -> None:
    with things.writing() as connection:
        connection.executemany("INSERT INTO things VALUES (?)", [(each,) for each in names])


def names(things: Database) -> list[str]:
    return [each["name"] for each in things.rows("SELECT name FROM things ORDER BY name")]


def refused(things: Database) -> str:
    """Why nothing can be added."""
    with pytest.raises(DatabaseError) as caught:
        add(things, "d")
    return str(caught.value).removeprefix(f"{things.path}: ")


def test_what_is_written_is_read(filled: Database) -> None:
    assert names(filled) == ["a", "b", "c"]
    assert filled.rows("SELECT name FROM things WHERE name > ?", ["b"]) == [{"name": "c"}]


def delete(things: Database, *tables: str) -> None:
    with things.writing() as connection:
        for each in tables:
            connection.execute(f"DELETE FROM {each}")  # noqa: S608  # our own names


def test_what_fails_half_way_is_not_done_at_all(filled: Database) -> None:
    with pytest.raises(DatabaseError, match="no such table"):
        delete(filled, "things", "others")
    assert names(filled) == ["a", "b", "c"]


def test_without_a_file_or_tables_there_is_nothing_and_none_is_made(things: Database) -> None:
    assert names(things) == []
    assert not things.path.exists()
    things.path.touch()
    assert names(things) == []
    assert things.path.read_bytes() == b""


def test_schemas_with_names_share_a_file(tmp_path: Path) -> None:
    first, second = (Database(tmp_path / "file.db", each) for each in (FIRST, SECOND))
    with first.writing() as connection:
        connection.execute("INSERT INTO first VALUES ('a')")
    assert second.rows("SELECT * FROM second") == []
    with second.writing() as connection:
        connection.execute("INSERT INTO second VALUES ('b')")
    assert second.rows("SELECT * FROM second") == [{"name": "b"}]
    newer = Database(tmp_path / "file.db", Schema(3, SECOND.statements, "second"))
    with pytest.raises(DatabaseError, match="another version"), newer.writing():
        pass
    assert first.rows("SELECT name FROM first") == [{"name": "a"}]


def test_a_new_file_is_its_owners_alone(filled: Database) -> None:
    assert filled.path.stat().st_mode & 0o777 == 0o600
    assert len(names(filled)) == 3
    assert list(filled.path.parent.iterdir()) == [filled.path]  # and nothing beside it


def test_a_file_that_is_deleted_is_made_anew(filled: Database) -> None:
    with database.opened(filled.path, "rw"):  # somebody has it open
        filled.path.unlink()
        add(filled, "d")
    assert names(filled) == ["d"]


def test_who_writes_at_once_loses_nothing(things: Database) -> None:
    writers = [threading.Thread(target=add, args=(things, "a", "b")) for _ in range(16)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert names(things) == ["a"] * 16 + ["b"] * 16


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def test_a_file_that_another_process_keeps_is_left_alone(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.0)
    with locked(filled.path):
        assert refused(filled) == "another process has kept it for too long"
        assert names(filled) == ["a", "b", "c"]  # it can still be read
    add(filled, "d")
    assert names(filled) == ["a", "b", "c", "d"]


def test_a_full_disk_loses_nothing(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = database.opened

    @contextlib.contextmanager
    def full(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
        with opened(path, mode) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
            yield connection

    more = [f"thing {number}" for number in range(1_000)]
    with monkeypatch.context() as patch:
        patch.setattr(database, "opened", full)
        with pytest.raises(DatabaseError, match="there is no space left"):
            add(filled, *more)
    assert names(filled) == ["a", "b", "c"]
    add(filled, *more)
    assert len(names(filled)) == 1_003


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"keys: []\n" * 1_000, "it is another kind of file; move it away, and a new one is made"),
        (b"SQLite format 3\0" + b"x" * 9_000, "it is another kind of file"),
    ],
)
def test_what_is_no_database_is_left_alone(things: Database, content: bytes, reason: str) -> None:
    things.path.write_bytes(content)
    assert refused(things).startswith(reason)
    assert things.path.read_bytes() == content
    with pytest.raises(DatabaseError):
        names(things)


@pytest.mark.parametrize("version", [0, 2])
def test_tables_of_others_are_left_alone(things: Database, version: int) -> None:
    with contextlib.closing(sqlite3.connect(things.path)) as other:
        other.execute("CREATE TABLE things (name)")
        other.execute(f"PRAGMA user_version = {version}")
    assert refused(things).startswith("it is of another version of Passerelle")
    with pytest.raises(DatabaseError, match="another version"):
        names(things)


def test_a_damaged_file_is_said_to_be(filled: Database) -> None:
    content = bytearray(filled.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    filled.path.write_bytes(content)
    assert refused(filled).startswith("it is damaged; move it away")


def test_where_no_file_can_be_the_reason_is_said(tmp_path: Path) -> None:
    assert refused(Database(tmp_path / "none" / "x.db", SCHEMA)) == "No such file or directory"
    assert refused(Database(tmp_path, SCHEMA)) == "it can't be opened"


def test_a_folder_that_may_not_be_looked_into_is_said(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", deny)
    with pytest.raises(DatabaseError, match="Permission denied"):
        names(filled)


def test_rows_that_make_no_sense_say_what_to_do() -> None:
    with pytest.raises(DatabaseError, match="x: it is damaged"), database.undamaged(Path("x")):
        int("x")
