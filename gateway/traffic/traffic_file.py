"""The tables of the traffic, in a file of SQLite that they share with others' (persistence/).

Whoever writes adds to what is there, in one transaction, so that the file has the sums of all
processes.
"""

import sqlite3
from pathlib import Path
from typing import Any

from gateway.persistence import database
from gateway.persistence.database import Database
from gateway.persistence.schema import Schema
from gateway.traffic import histogram
from gateway.traffic.counts import Batch, Counts, Hours, Revisions, Row, Sums, folded

TABLES = (
    """
    CREATE TABLE traffic (
        hour INTEGER, model TEXT, variant TEXT, kind TEXT, revision INTEGER,
        requests INTEGER, errors INTEGER, compared INTEGER, agreement REAL, agreement_squares REAL,
        uncompared INTEGER, skipped INTEGER, times TEXT,
        PRIMARY KEY (model, hour, variant, kind, revision)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX traffic_by_hour ON traffic (hour)",
)
SCHEMA = Schema(1, TABLES, "traffic")
NAMES = (
    "requests", "errors", "compared", "agreement", "agreement_squares", "uncompared", "skipped",
    "times",
)  # fmt: skip
FIND = """
    SELECT * FROM traffic
    WHERE hour = ? AND model = ? AND variant = ? AND kind = ? AND revision = ?
"""
PUT = "INSERT OR REPLACE INTO traffic VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def add(path: Path, batch: Batch, oldest: int, in_use: Revisions = ()) -> None:
    """Add what was counted, and delete what is of before an hour, but for sums of what is in use.

    Raises:
        DatabaseError: nothing was added.
    """
    with Database(path, SCHEMA).writing() as connection, database.undamaged(path):
        connection.row_factory = sqlite3.Row
        for row, counts in batch.rows.items():
            total = Counts()
            for each in connection.execute(FIND, row):
                total.add(_counts(dict(each)))
            total.add(counts)
            connection.execute(PUT, [*row, *_values(total)])
        _forget(connection, oldest, in_use)


def _forget(connection: sqlite3.Connection, oldest: int, in_use: Revisions) -> None:
    """Delete what is of before an hour, but for sums of what is in use."""
    found = connection.execute("SELECT * FROM traffic WHERE hour < ?", [oldest]).fetchall()
    old = {_row(dict(each)): _counts(dict(each)) for each in found}
    kept = folded(old, in_use)
    if len(kept) == len(old):
        return
    connection.execute("DELETE FROM traffic WHERE hour < ?", [oldest])
    for row, counts in kept.items():
        connection.execute(PUT, [*row, *_values(counts)])


def read(path: Path, model: str, hours: Hours | None, revision: int | None) -> Sums:
    """The sums of a model's rows: of some hours, and of a revision, where these are asked.

    Raises:
        DatabaseError
    """
    first, last = hours or (None, None)
    statement = "SELECT * FROM traffic WHERE model = ? AND revision = COALESCE(?, revision)"
    statement += " AND hour BETWEEN COALESCE(?, hour) AND COALESCE(?, hour)"
    rows_found = Database(path, SCHEMA).rows(statement, [model, revision, first, last])
    found: Sums = {}
    with database.undamaged(path):
        for each in rows_found:
            found.setdefault((each["variant"], each["kind"]), Counts()).add(_counts(each))
    return found


def rows(path: Path) -> dict[Row, Counts]:
    """Everything that is in the file.

    Raises:
        DatabaseError
    """
    found = Database(path, SCHEMA).rows("SELECT * FROM traffic")
    with database.undamaged(path):
        return {_row(each): _counts(each) for each in found}


def _row(row: dict[str, Any]) -> Row:
    """What a row of the table is counted by."""
    return Row(*(row[name] for name in Row._fields))


def _counts(row: dict[str, Any]) -> Counts:
    """The counts of a row of the table."""
    numbers = {name: row[name] for name in NAMES[:-1]}
    return Counts(**numbers, times=histogram.loaded(row["times"]))


def _values(counts: Counts) -> list[Any]:
    """What the table has of counts, in its order."""
    return [*(getattr(counts, name) for name in NAMES[:-1]), histogram.dumped(counts.times)]
