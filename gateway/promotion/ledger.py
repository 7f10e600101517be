"""What is kept of promotions: their standings, their events, and who judges them.

`Ledger` is the file, which all workers of one machine share; `Memory` is for one worker alone that
has no file. Whoever changes a standing names the one that it takes the place of: if another was
faster, nothing is changed. One process at a time holds the lease, for LEASE seconds from the last
time that it took it; a lease that ends later than that is of a clock that was put back, and none.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any, Protocol, cast

from gateway.persistence import database
from gateway.persistence.database import Database
from gateway.persistence.schema import Schema
from gateway.promotion.standing import Change, Event, Standing, State, What

LEASE = 3.0  # seconds
MAX_EVENTS = 100  # of a split; the oldest go first
SCHEMA = Schema(
    1,
    (
        """
        CREATE TABLE promotions (
            split TEXT PRIMARY KEY, digest TEXT, weights TEXT, revision INTEGER, state TEXT,
            since REAL, reference INTEGER
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE promotion_events (
            id INTEGER PRIMARY KEY AUTOINCREMENT, split TEXT, at REAL, weights TEXT, what TEXT,
            why TEXT
        )
        """,
        "CREATE INDEX promotion_events_of ON promotion_events (split, id)",
        "CREATE TABLE promotion_lease (one INTEGER PRIMARY KEY, holder TEXT, until REAL)",
    ),
    "promotion",
)
ALL = "SELECT * FROM promotions"
PUT = "INSERT OR REPLACE INTO promotions VALUES (?, ?, ?, ?, ?, ?, ?)"
ADD = "INSERT INTO promotion_events (split, at, weights, what, why) VALUES (?, ?, ?, ?, ?)"
FORGET = """
    DELETE FROM promotion_events WHERE split = ?1 AND id NOT IN
        (SELECT id FROM promotion_events WHERE split = ?1 ORDER BY id DESC LIMIT ?2)
"""


class AnyLedger(Protocol):
    """Either. All of it may block, and raise DatabaseError."""

    def standings(self) -> dict[str, Standing]:
        """The last of each split, by its id."""

    def events(self, split_id: str) -> list[Event]:
        """What happened to a split's, the latest first."""

    def change(self, change: Change) -> bool:
        """Whether a change was taken: not if the standing before is the last no more."""

    def hold(self, holder: str, now: float, /) -> bool:
        """Whether a process holds the lease, for LEASE seconds from now."""


class Memory:
    """Of one process, of its event loop and threads that it waits for."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._events: dict[str, list[Event]] = {}

    def standings(self) -> dict[str, Standing]:
        """The last of each split, by its id."""
        return dict(self._standings)

    def events(self, split_id: str) -> list[Event]:
        """What happened to a split's, the latest first."""
        return self._events.get(split_id, [])[::-1]

    def change(self, change: Change) -> bool:
        """Whether a change was taken: not if the standing before is the last no more."""
        name = change.after.split
        if not is_last(change.before, self._standings.get(name)):
            return False
        self._standings[name] = change.after
        if change.event:
            self._events[name] = [*self._events.get(name, []), change.event][-MAX_EVENTS:]
        return True

    def hold(self, _: str, __: float) -> bool:
        """Nobody else is there."""
        return True


class Ledger:
    """A file, shared by all workers of a machine."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, SCHEMA)

    def standings(self) -> dict[str, Standing]:
        """The last of each split, by its id."""
        found = self.database.rows(ALL)
        with database.undamaged(self.database.path):
            return {each["split"]: _standing(each) for each in found}

    def events(self, split_id: str) -> list[Event]:
        """What happened to a split's, the latest first."""
        statement = "SELECT * FROM promotion_events WHERE split = ? ORDER BY id DESC"
        found = self.database.rows(statement, [split_id])
        with database.undamaged(self.database.path):
            return [
                Event(each["at"], _weights(each), cast("What", each["what"]), each["why"])
                for each in found
            ]

    def change(self, change: Change) -> bool:
        """Whether a change was taken: not if the standing before is the last no more."""
        after, event = change.after, change.event
        with self.database.writing() as connection:
            with database.undamaged(self.database.path):
                last = _last(connection, after.split)
            if not is_last(change.before, last):
                return False
            weights = json.dumps(dict(after.weights), allow_nan=False)
            row = (after.revision, after.state, after.since, after.reference)
            connection.execute(PUT, (after.split, after.digest, weights, *row))
            if event:
                then = json.dumps(dict(event.weights), allow_nan=False)
                told = (event.at, then, event.what, event.why)
                connection.execute(ADD, (after.split, *told))
                connection.execute(FORGET, (after.split, MAX_EVENTS))
        return True

    def hold(self, holder: str, now: float) -> bool:
        """Whether a process holds the lease, for LEASE seconds from now."""
        found = self.database.rows("SELECT holder, until FROM promotion_lease")
        if found and found[0]["holder"] != holder and is_held(found[0]["until"], now):
            return False
        with self.database.writing() as connection:
            lease = connection.execute("SELECT holder, until FROM promotion_lease").fetchone()
            if lease and lease[0] != holder and is_held(lease[1], now):
                return False  # another was faster
            values = (holder, now + LEASE)
            connection.execute("INSERT OR REPLACE INTO promotion_lease VALUES (1, ?, ?)", values)
        return True


def is_last(before: Standing | None, last: Standing | None) -> bool:
    """Whether nothing came between."""
    if before is None or last is None:
        return before is last
    return (before.revision, before.state) == (last.revision, last.state)


def is_held(until: float, now: float) -> bool:
    """Whether a lease that ends then is one."""
    return now < until <= now + LEASE


def _last(connection: sqlite3.Connection, split_id: str) -> Standing | None:
    """The standing of a split."""
    cursor = connection.execute(f"{ALL} WHERE split = ?", [split_id])
    row = cursor.fetchone()
    names = [each[0] for each in cursor.description]
    return _standing(dict(zip(names, row, strict=True))) if row else None


def _standing(row: dict[str, Any]) -> Standing:
    """The standing of a row."""
    return Standing(
        row["split"],
        row["digest"],
        _weights(row),
        row["revision"],
        cast("State", row["state"]),
        row["since"],
        row["reference"],
    )


def _weights(row: dict[str, Any]) -> dict[str, float]:
    """The weights of a row."""
    return {str(name): float(each) for name, each in json.loads(row["weights"]).items()}
