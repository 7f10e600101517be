"""The API keys of a file, as a table and as JSON."""

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Column, Table

from gateway.keys.api_keys import Key
from passerelle.cli import output
from passerelle.protocol import timestamps

COLUMNS = ("name", "prefix", "models", "verbs", "rate", "quota", "expires", "last use", "status")
Uses = Mapping[str, datetime.datetime]  # when each last asked, by the caller's id


def show(keys: Iterable[Key], uses: Uses, now: datetime.datetime) -> None:
    """The keys as a table, whose lines are as long as they are."""
    rows = [row(document(each, uses, now)) for each in keys]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    columns = [Column(name, min_width=width) for name, width in zip(COLUMNS, widths, strict=True)]
    table = Table(*columns, box=None)
    for each in rows:
        table.add_row(*each)
    output.console.print(table)


def row(found: dict[str, Any]) -> list[str]:
    """A key's cells."""
    lists = {name: ", ".join(found[name]) for name in ("models", "verbs")}
    cells = found | lists | {"last use": found["last_use"]}
    return [str(cells[name] or "") for name in COLUMNS]


def text(keys: Iterable[Key], uses: Uses, now: datetime.datetime) -> str:
    """The keys as JSON."""
    found = {"keys": [document(each, uses, now) for each in keys]}
    return json.dumps(found, indent=2, allow_nan=False)


def document(key: Key, uses: Uses, now: datetime.datetime) -> dict[str, Any]:
    """A key as it is shown: nothing of it is secret."""
    moments = {"expires": key.expires, "last_use": uses.get(key.caller.id), "revoked": key.revoked}
    return {
        "name": key.name,
        "prefix": key.prefix,
        "models": list(key.models),
        "verbs": list(key.verbs),
        "rate": key.rate and str(key.rate),
        "quota": key.quota and str(key.quota),
        **{name: each and timestamps.render(each) for name, each in moments.items()},
        "status": status(key, now),
    }


def status(key: Key, now: datetime.datetime) -> str:
    """Whether a key works at a moment, and if not, why."""
    if key.revoked:
        return "revoked"
    return "valid" if key.is_valid(now) else "expired"
