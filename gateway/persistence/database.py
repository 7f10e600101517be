"""A file of SQLite, which several processes of one machine may share.

It is opened for each use, so that one which is deleted or replaced meanwhile is simply made anew.
What is written is as safe as the operating system: a process that is killed loses none of it.
SQLite's locks, and the memory that those share who have the file open, aren't for network file
systems. All of this blocks, for BUSY_SECONDS at most where the disk doesn't hang: it is for
threads, never for the event loop.
"""

import contextlib
import dataclasses
import os
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.persistence.schema import Schema

BUSY_SECONDS = 1.0  # that another process's writing is waited for
REASONS = {  # by SQLite's names, without what follows the second _
    "SQLITE_BUSY": "another process has kept it for too long",
    "SQLITE_CANTOPEN": "it can't be opened",
    "SQLITE_CORRUPT": "it is damaged; move it away, and a new one is made",
    "SQLITE_FULL": "there is no space left",
    "SQLITE_NOTADB": "it is another kind of file; move it away, and a new one is made",
    "SQLITE_READONLY": "it can't be written to",
}
ANOTHERS = (
    "it is of another version of Passerelle, or of another program; "
    "move it away, and a new one is made"
)
_opening = threading.Lock()  # of the process; see `opened`


class DatabaseError(Exception):
    """The file can't be used; the text says which, why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Database:
    """The tables of one schema in a file. Those of others in it have a Database of their own."""

    path: Path
    schema: Schema

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """What the block does is done whole, or not at all. Nobody else writes meanwhile.

        File and tables are made where there are none.

        Raises:
            DatabaseError: nothing was done.
        """
        with translating(self.path), opened(self.path, "rwc") as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            with transaction(connection):
                if not self._has_tables(connection):
                    self.schema.make(connection)
                yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection whose rows know their columns; None where there are no tables yet.

        Raises:
            DatabaseError
        """
        with translating(self.path):
            is_there = self.path.exists()
        if not is_there:
            yield None
            return
        with translating(self.path), opened(self.path, "rw") as connection:
            connection.row_factory = sqlite3.Row
            yield connection if self._has_tables(connection) else None

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """What a statement finds, by column: nothing where there are no tables yet.

        Raises:
            DatabaseError
        """
        with self.reading() as connection:
            if connection is None:
                return []
            return [dict(each) for each in connection.execute(statement, values)]

    def _has_tables(self, connection: sqlite3.Connection) -> bool:
        """Whether the tables are there, which are those that are known here.

        Raises:
            DatabaseError, sqlite3.Error
        """
        version = self.schema.found(connection)
        if version not in (None, self.schema.version):
            raise DatabaseError(f"{self.path}: {ANOTHERS}")
        return version is not None


@contextlib.contextmanager
def translating(path: Path) -> Iterator[None]:
    """Have what goes wrong in the block say what to do.

    Raises:
        DatabaseError
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        raise DatabaseError(f"{path}: {REASONS.get(kind, f'it fails ({error})')}") from error
    except OSError as error:
        raise DatabaseError(f"{path}: {error.strerror}") from error


@contextlib.contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Have a block that makes sense of rows say what to do where that can't be done.

    Raises:
        DatabaseError
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DatabaseError(f"{path}: {REASONS['SQLITE_CORRUPT']}") from error


@contextlib.contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection for as long as the block runs. A file that is made is its owner's alone.

    Whoever closes it last leaves no other file beside it, unless it can't be written to. One that
    is there is opened by SQLite alone: to close it again would give up the locks that other threads
    of the process have on it. None of those opens one before the thread that makes it has closed
    it.
    """
    address = f"file:{urllib.parse.quote(str(path.absolute()))}?mode={mode}"
    with _opening:
        if mode == "rwc":
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(address, BUSY_SECONDS, isolation_level=None, uri=True)
    with contextlib.closing(connection):
        yield connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What the block does is done whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield
