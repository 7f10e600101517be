"""Which tables are in a file, and of which version."""

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from gateway.persistence.schema import Schema

ALONE = Schema(3, ("CREATE TABLE things (id)",))
ONE = Schema(1, ("CREATE TABLE ones (id)", "CREATE INDEX by_id ON ones (id)"), "ones")
OTHER = Schema(7, ("CREATE TABLE others (id)",), "others")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:")) as found:
        yield found


def test_what_has_a_file_for_itself_has_sqlites_version(connection: sqlite3.Connection) -> None:
    assert ALONE.found(connection) is None
    ALONE.make(connection)
    assert ALONE.found(connection) == 3
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("things",)]


def test_some_share_a_file_each_with_its_version(connection: sqlite3.Connection) -> None:
    assert ONE.found(connection) is None
    ONE.make(connection)
    assert (ONE.found(connection), OTHER.found(connection)) == (1, None)
    OTHER.make(connection)
    assert (ONE.found(connection), OTHER.found(connection)) == (1, 7)


def test_who_shares_takes_no_file_of_another(connection: sqlite3.Connection) -> None:
    ALONE.make(connection)
    assert ONE.found(connection) == 0


def test_who_is_alone_takes_no_file_that_is_shared(connection: sqlite3.Connection) -> None:
    ONE.make(connection)
    assert ALONE.found(connection) == 0
