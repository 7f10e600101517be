"""The table of a gateway's models: how each stands, and what it is."""

from typing import Any

from rich.table import Column, Table

from passerelle.cli import output

OURS = "passerelle"  # the protocol of our own services
DEFAULT_TASK = "classification"  # of a card from before it was stated


def show(found: list[dict[str, Any]]) -> None:
    """The models as a table, with their tasks where not all of them are classifiers."""
    widest = max((len(each["id"]) for each in found), default=0)
    name = Column("model", min_width=widest)
    tasks = [task(each) for each in found]
    has_others = bool(set(tasks) - {DEFAULT_TASK, ""})
    columns = ("status", *(["task"] if has_others else []), "engine", "ms", "MB", "what it is")
    table = Table(name, *columns, box=None)
    for each, its_task in zip(found, tasks, strict=True):
        card = each["card"] or {}
        measured = card.get("measured", {})
        notes = (non_finite(each), each["note"] or each["reason"])
        about = "; ".join(filter(None, notes)) or each["title"]
        engine = f"{card.get('engine', '')} {card.get('precision', '')}" if card else foreign(each)
        cells = (measured.get("latency_ms", ""), measured.get("size_mb", ""))
        if each.get("split"):  # its card is that of one of its variants
            engine, cells, about = (
                "split",
                ("", ""),
                "; ".join(filter(None, (weights(each), about))),
            )
        shown_task = [its_task] if has_others else []
        table.add_row(each["id"], each["status"], *shown_task, engine, *map(str, cells), about)
    output.console.print(table)


def foreign(model: dict[str, Any]) -> str:
    """What a model's service speaks, if it is none of ours."""
    protocol = str(model.get("protocol", OURS))
    return "" if protocol == OURS else protocol


def weights(model: dict[str, Any]) -> str:
    """A split's variants, with the percent of the requests that each has now."""
    return ", ".join(f"{name} {share:g} %" for name, share in model["split"]["weights"].items())


def task(model: dict[str, Any]) -> str:
    """A model's task, as far as its card is known."""
    if foreign(model):
        return ""
    return str((model["card"] or {}).get("task", DEFAULT_TASK))


def non_finite(model: dict[str, Any]) -> str:
    """For how many pictures a model gave no numbers; nothing where it always did."""
    count = model.get("non_finite", 0)
    return f"{count} pictures gave NaN or infinity" if count else ""
