"""The table of a usage: its sums, and the sum of these."""

import csv
import io
from typing import Any

from rich.console import Console
from rich.table import Column, Table

NUMBERS = ("requests", "answers", "refusals", "errors", "pictures", "inference_seconds")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run begins with one


def show(found: dict[str, Any], console: Console) -> None:
    """Print it."""
    whose = "" if found["everybody"] else ", as far as this key may see it"
    console.print(f"{found['since']} to {found['until']} (UTC){whose}")
    rows = found["usage"]
    if not rows:
        console.print("Nothing was counted.")
        return
    widest = {name: max(len(label(row, name)) for row in rows) for name in found["by"]}
    labels = [Column(name, min_width=width) for name, width in widest.items()]
    titles = [Column(name.replace("_seconds", ""), justify="right") for name in NUMBERS]
    table = Table(*labels, *titles, box=None)
    for row in rows:
        table.add_row(*[label(row, name) for name in found["by"]], *numbers(row))
    if len(rows) > 1:
        total = {name: sum(row[name] for row in rows) for name in NUMBERS}
        table.add_row("total", *[""] * (len(found["by"]) - 1), *numbers(total))
    console.print(table)


def label(row: dict[str, Any], name: str) -> str:
    """What a row is the sum of: a caller by the name, and the id, which no other has."""
    if name == "caller" and row["name"] != row["caller"]:
        return f"{row['name']} ({row['caller']})"
    return str(row[name])


def numbers(row: dict[str, Any]) -> list[str]:
    """A row's numbers for a person."""
    *counts, seconds = (row[name] for name in NUMBERS)
    return [*(f"{each:,}" for each in counts), f"{seconds:,.1f} s"]


def csv_of(found: dict[str, Any]) -> str:
    """A line for each row, and one of titles, as RFC 4180 has them."""
    names = [name for name in ("day", "caller", "name", "model") if has(found, name)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*names, *NUMBERS])
    for row in found["usage"]:
        writer.writerow([*(safe(row[name]) for name in names), *(row[name] for name in NUMBERS)])
    return text.getvalue()


def has(found: dict[str, Any], name: str) -> bool:
    """Whether rows have a column."""
    return (name if name != "name" else "caller") in found["by"]


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
