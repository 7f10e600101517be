"""Answers as a CSV file, for a spreadsheet. static/csv.js writes the same of all in a tab."""

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet takes UTF-8 for something else
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run begins with one

Cell = str | float | None


@dataclasses.dataclass(frozen=True)
class Table:
    """Named columns, and rows of as many cells."""

    columns: list[str]
    rows: Sequence[Sequence[Cell]]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model's answer to a picture."""

    file: str  # the picture's name
    model: str
    task: str
    table: Table


def to_csv(entries: Iterable[Entry]) -> str:
    """A row for each thing that was found; one without it where nothing was.

    Columns are those of all entries. Lines end as RFC 4180 says.
    """
    rows = [row for each in entries for row in _rows(each)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(BYTE_ORDER_MARK)
    text.seek(0, io.SEEK_END)
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: safe(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def _rows(entry: Entry) -> list[dict[str, Cell]]:
    """An entry's rows by the columns' names."""
    common: dict[str, Cell] = {"file": entry.file, "model": entry.model, "task": entry.task}
    columns = entry.table.columns
    return [
        common | dict(zip(columns, row, strict=True))
        for row in entry.table.rows or [[None] * len(columns)]
    ]


def safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
