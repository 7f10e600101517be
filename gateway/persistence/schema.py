"""The tables that one room keeps in a file, and how it is told which version of them is there.

A schema without a name has its file for itself, and the version is SQLite's `user_version`. Those
that have a name may share a file: each has its version in the table `meta`, and is made when it is
first needed, whatever others are there.
"""

import dataclasses
import sqlite3

META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID"


@dataclasses.dataclass(frozen=True)
class Schema:
    """Tables, made by statements that SQLite runs in their order."""

    version: int
    statements: tuple[str, ...]
    name: str = ""  # empty: the file holds nothing else

    def found(self, connection: sqlite3.Connection) -> int | None:
        """The version of the tables in a file; None if they can be made; 0 if it is another's.

        Raises:
            sqlite3.Error
        """
        if _count(connection, "") == 0:
            return None
        if not self.name:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            return int(version)
        if _count(connection, "WHERE type = 'table' AND name = 'meta'") == 0:
            return 0
        row = connection.execute("SELECT version FROM meta WHERE name = ?", [self.name]).fetchone()
        return row and int(row[0])

    def make(self, connection: sqlite3.Connection) -> None:
        """Make the tables, within a transaction.

        Raises:
            sqlite3.Error
        """
        for each in self.statements:
            connection.execute(each)
        if self.name:
            connection.execute(META)
            connection.execute("INSERT INTO meta VALUES (?, ?)", [self.name, self.version])
        else:
            connection.execute(f"PRAGMA user_version = {self.version}")


def _count(connection: sqlite3.Connection, condition: str) -> int:
    """How many tables and the like a file has."""
    statement = f"SELECT COUNT(*) FROM sqlite_master {condition}"  # noqa: S608  # our own words
    return int(connection.execute(statement).fetchone()[0])
