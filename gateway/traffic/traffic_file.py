"""The tables of the traffic, in a file of SQLite that they share with others' (persistence/).

Whoever writes adds to what is there, in one transaction, so that the file has the sums of all
processes.
"""

import sqlite3
from pathlib import Path
from typing import Any

from gateway.persistence.database import Database
from gateway.persistence.schema import Schema
from gateway.traffic import histogram
from gateway.traffic.counts import Batch, Counts, Row, Sums

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


def add(path: Path, batch: Batch, oldest: int) -> None:
    """Add what was counted, and delete what is of before an hour.

    Raises:
        DatabaseError: nothing was added.
    """
    with Database(path, SCHEMA).writing() as connection:
        connection.row_factory = sqlite3.Row
        for row, counts in batch.rows.items():
            total = Counts()
            for each in connection.execute(FIND, row):
                total.add(_counts(dict(each)))
            total.add(counts)
            connection.execute(PUT, [*row, *_values(total)])
        connection.execute("DELETE FROM traffic WHERE hour < ?", [oldest])


def read(path: Path, model: str, since: int | None, revision: int | None) -> Sums:
    """The sums of a model's rows: of an hour and later, and of a revision, where one is asked.

    Raises:
        DatabaseError
    """
    statement, values = "SELECT * FROM traffic WHERE model = ?", [model, since, revision]
    statement += " AND hour >= COALESCE(?, hour) AND revision = COALESCE(?, revision)"
    found: Sums = {}
    for each in Database(path, SCHEMA).rows(statement, values):
        found.setdefault((each["variant"], each["kind"]), Counts()).add(_counts(each))
    return found


def rows(path: Path) -> dict[Row, Counts]:
    """Everything that is in the file.

    Raises:
        DatabaseError
    """
    found = Database(path, SCHEMA).rows("SELECT * FROM traffic")
    return {Row(*(each[name] for name in Row._fields)): _counts(each) for each in found}


def _counts(row: dict[str, Any]) -> Counts:
    """The counts of a row of the table."""
    numbers = {name: row[name] for name in NAMES[:-1]}
    return Counts(**numbers, times=histogram.loaded(row["times"]))


def _values(counts: Counts) -> list[Any]:
    """What the table has of counts, in its order."""
    return [*(getattr(counts, name) for name in NAMES[:-1]), histogram.dumped(counts.times)]
