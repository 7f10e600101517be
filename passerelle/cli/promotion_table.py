"""The table of a promotion: the weights, and each measure with what is wanted of it."""

from typing import Any

from rich.console import Console
from rich.table import Table

UNITS = {"agreement": (1.0, ""), "p95": (1.0, "x"), "errors": (100.0, " %")}  # factor and unit
WANTED = {"agreement": "at least", "p95": "at most", "errors": "at most"}


def show(found: dict[str, Any], console: Console) -> None:
    """Print it."""
    weights = ", ".join(f"{name} {weight:.4g} %" for name, weight in found["weights"].items())
    console.print(f"{weights} ({found['state'].replace('_', ' ')})")
    table = Table("measure", "wanted", "is", "surely", "of", "verdict", box=None)
    for each in found["measures"]:
        table.add_row(
            each["name"],
            f"{WANTED.get(each['name'], '')} {number(each, 'wanted')}".strip(),
            number(each, "value"),
            f"{number(each, 'low')} to {number(each, 'high')}",
            f"{each['requests']:,}",
            each["verdict"],
        )
    console.print(table)
    console.print(found["reason"])


def number(measure: dict[str, Any], name: str) -> str:
    """One of a measure's figures, in its unit; ? where it isn't known."""
    value = measure[name]
    if value is None:
        return "?"
    factor, unit = UNITS.get(measure["name"], (1.0, ""))
    return f"{value * factor:.4g}{unit}"
