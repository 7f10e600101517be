"""The table of a gateway's models: how each stands, and what it is."""

from typing import Any

from rich.table import Column, Table

from passerelle.cli import output


def show(found: list[dict[str, Any]]) -> None:
    """The models as a table."""
    widest = max((len(each["id"]) for each in found), default=0)
    name = Column("model", min_width=widest)
    table = Table(name, "status", "engine", "ms", "MB", "what it is", box=None)
    for each in found:
        card = each["card"] or {}
        measured = card.get("measured", {})
        notes = (non_finite(each), each["note"] or each["reason"])
        about = "; ".join(filter(None, notes)) or each["title"]
        engine = f"{card.get('engine', '')} {card.get('precision', '')}"
        cells = (measured.get("latency_ms", ""), measured.get("size_mb", ""))
        table.add_row(each["id"], each["status"], engine, *map(str, cells), about)
    output.console.print(table)


def non_finite(model: dict[str, Any]) -> str:
    """For how many pictures a model gave no numbers; nothing where it always did."""
    count = model.get("non_finite", 0)
    return f"{count} pictures gave NaN or infinity" if count else ""
