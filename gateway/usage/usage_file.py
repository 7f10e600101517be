"""The file of the usage: one of SQLite (persistence/database.py), for itself.

Whoever writes adds to what is there, in one transaction.
"""

import dataclasses
import datetime
from pathlib import Path
from typing import Any

from gateway.persistence.database import Database
from gateway.persistence.schema import Schema
from gateway.usage.counts import OTHERS, Batch
from gateway.usage.question import Question

TABLES = (
    """
    CREATE TABLE usage (
        day TEXT, caller TEXT, model TEXT, requests INTEGER, answers INTEGER, refusals INTEGER,
        errors INTEGER, pictures INTEGER, inference_seconds REAL,
        PRIMARY KEY (day, caller, model)
    ) WITHOUT ROWID
    """,
    # The last request of each, as seconds since 1970, whatever was asked for.
    "CREATE TABLE callers (id TEXT PRIMARY KEY, name TEXT, last_use REAL) WITHOUT ROWID",
)
SCHEMA = Schema(1, TABLES)
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


def add(path: Path, batch: Batch, oldest: datetime.date) -> None:
    """Add what was counted, and delete what is older than that day.

    Raises:
        DatabaseError: nothing was added.
    """
    with Database(path, SCHEMA).writing() as connection:
        rows = [(*row, *dataclasses.astuple(each)) for row, each in batch.rows.items()]
        connection.executemany(ADD_COUNTS, rows)
        connection.executemany(ADD_USE, [(each, *use) for each, use in batch.uses.items()])
        connection.execute("DELETE FROM usage WHERE day < ?", [oldest.isoformat()])
        begin = datetime.datetime.combine(oldest, datetime.time(), datetime.UTC)
        connection.execute("DELETE FROM callers WHERE last_use < ?", [begin.timestamp()])


def read(path: Path, question: Question, limit: int = -1) -> list[dict[str, Any]]:
    """What a question asks for, in the order of what it is summed up by; so many rows at most.

    Raises:
        DatabaseError
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
    return Database(path, SCHEMA).rows(statement, values)


def last_uses(path: Path) -> dict[str, datetime.datetime]:
    """When each caller last asked for something, by id.

    Raises:
        DatabaseError
    """
    found = Database(path, SCHEMA).rows("SELECT id, last_use FROM callers WHERE id <> ?", [OTHERS])
    moment = datetime.datetime.fromtimestamp
    return {each["id"]: moment(each["last_use"], datetime.UTC) for each in found}
