"""The file of the usage: one of SQLite, which several processes of one machine may share.

Whoever writes adds to what is there, in one transaction. The file is opened for each, so that one
which is deleted or replaced meanwhile is simply made anew. What is written is as safe as the
operating system: a process that is killed loses none of it. SQLite's locks, and the memory that
those share who have the file open, aren't for network file systems.
"""

import contextlib
import dataclasses
import datetime
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.usage.counts import OTHERS, Batch
from gateway.usage.question import Question

VERSION = 1  # of the tables
BUSY_SECONDS = 1.0  # that another process's writing is waited for
SCHEMA = (
    """
    CREATE TABLE usage (
        day TEXT, caller TEXT, model TEXT, requests INTEGER, answers INTEGER, refusals INTEGER,
        errors INTEGER, pictures INTEGER, inference_seconds REAL,
        PRIMARY KEY (day, caller, model)
    ) WITHOUT ROWID
    """,
    # The last request of each, as seconds since 1970, whatever was asked for.
    "CREATE TABLE callers (id TEXT PRIMARY KEY, name TEXT, last_use REAL) WITHOUT ROWID",
    f"PRAGMA user_version = {VERSION}",
)
ADD_COUNTS = """
    INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        requests = requests + excluded.requests, answers = answers + excluded.answers,
        refusals = refusals + excluded.refusals, errors = errors + excluded.errors,
        pictures = pictures + excluded.pictures,
        inference_seconds = inference_seconds + excluded.inference_seconds
"""
ADD_USE = """
    INSERT INTO callers VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name, last_use = excluded.last_use
    WHERE excluded.last_use > last_use
"""
SUMS = """
    SUM(requests) AS requests, SUM(answers) AS answers, SUM(refusals) AS refusals,
    SUM(errors) AS errors, SUM(pictures) AS pictures,
    ROUND(SUM(inference_seconds), 6) AS inference_seconds
"""
REASONS = {  # by SQLite's names, without what follows the second _
    "SQLITE_BUSY": "another process has kept it for too long",
    "SQLITE_CANTOPEN": "it can't be opened",
    "SQLITE_CORRUPT": "it is damaged; move it away, and a new one is made",
    "SQLITE_FULL": "there is no space left",
    "SQLITE_NOTADB": "it is another kind of file; move it away, and a new one is made",
    "SQLITE_READONLY": "it can't be written to",
}


class UsageError(Exception):
    """The file can't be used; the text says which, why, and what to do."""


def add(path: Path, batch: Batch, oldest: datetime.date) -> None:
    """Add what was counted, and delete what is older than that day.

    Raises:
        UsageError: nothing was added.
    """
    with translating(path), opened(path, "rwc") as connection:
        prepare(path, connection)
        with transaction(connection):
            rows = [(*row, *dataclasses.astuple(each)) for row, each in batch.rows.items()]
            connection.executemany(ADD_COUNTS, rows)
            connection.executemany(ADD_USE, [(each, *use) for each, use in batch.uses.items()])
            connection.execute("DELETE FROM usage WHERE day < ?", [oldest.isoformat()])
            begin = datetime.datetime.combine(oldest, datetime.time(), datetime.UTC)
            connection.execute("DELETE FROM callers WHERE last_use < ?", [begin.timestamp()])


def read(path: Path, question: Question, limit: int = -1) -> list[dict[str, Any]]:
    """What a question asks for, in the order of what it is summed up by; so many rows at most.

    Raises:
        UsageError
    """
    conditions, values = ["day BETWEEN ? AND ?"], [*map(str, (question.since, question.until))]
    if question.caller:
        conditions.append("? IN (caller, name)")
        values.append(question.caller)
    if question.model:
        conditions.append("model = ?")
        values.append(question.model)
    if question.view is not None:
        models = sorted(question.view.models)
        conditions.append(f"(caller = ? OR model IN ({', '.join('?' * len(models))}))")
        values += [question.view.caller, *models]
    columns = ", ".join(question.by)
    names = "COALESCE(name, caller) AS name, " if "caller" in question.by else ""
    statement = f"""
        SELECT {columns}, {names} {SUMS} FROM usage LEFT JOIN callers ON id = caller
        WHERE {" AND ".join(conditions)} GROUP BY {columns} ORDER BY {columns} LIMIT {limit}
    """  # noqa: S608  # of our own names and numbers; what is given goes by the question marks
    return _rows(path, statement, values)


def last_uses(path: Path) -> dict[str, datetime.datetime]:
    """When each caller last asked for something, by id.

    Raises:
        UsageError
    """
    found = _rows(path, "SELECT id, last_use FROM callers WHERE id <> ?", [OTHERS])
    moment = datetime.datetime.fromtimestamp
    return {each["id"]: moment(each["last_use"], datetime.UTC) for each in found}


def _rows(path: Path, statement: str, values: list[str]) -> list[dict[str, Any]]:
    """What a statement finds: nothing where there is no file yet.

    Raises:
        UsageError
    """
    if not path.exists():
        return []
    with translating(path), opened(path, "rw") as connection:
        if is_empty(connection):
            return []
        require_version(path, connection)
        connection.row_factory = sqlite3.Row
        return [dict(each) for each in connection.execute(statement, values)]


@contextlib.contextmanager
def translating(path: Path) -> Iterator[None]:
    """Have what goes wrong in the block say what to do.

    Raises:
        UsageError
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        raise UsageError(f"{path}: {REASONS.get(kind, f'it fails ({error})')}") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


@contextlib.contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection for as long as the block runs. A file that is made is its owner's alone.

    Whoever closes it last leaves no other file beside it, unless it can't be written to. One that
    is there is opened by SQLite alone: to close it again would give up the locks that other threads
    of the process have on it.
    """
    if mode == "rwc":
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    address = f"file:{urllib.parse.quote(str(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(address, BUSY_SECONDS, isolation_level=None, uri=True)
    with contextlib.closing(connection):
        yield connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What the block does is done whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Make the tables where there are none.

    Raises:
        UsageError, sqlite3.Error
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if is_empty(connection):
        with transaction(connection):
            if is_empty(connection):  # still: another process may have been faster
                for each in SCHEMA:
                    connection.execute(each)
    require_version(path, connection)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether a file holds no table."""
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return int(tables) == 0


def require_version(path: Path, connection: sqlite3.Connection) -> None:
    """Return only if the tables are those that are known here.

    Raises:
        UsageError, sqlite3.Error
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise UsageError(
            f"{path}: it is of another version of Passerelle, or of another program; "
            "move it away, and a new one is made"
        )
