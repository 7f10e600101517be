"""Where the time went: a Server-Timing header as rows of bars, each inside the one before it.

    page        ├──────────────────────────────────┤
      read      ├─┤
      gateway        ├────────────────────────────┤
        auth         ├┤
        …             ├┤
        upstream         ├───────────────────────┤
          queue             ├┤
          decode             ├────┤
          infer                    ├───────────┤

A header tells how long each step took, not when it began. The steps of one hop follow each other;
what a hop took beside them, sending and receiving, is shown half before and half behind them.
"""

import dataclasses
import re

_ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*;\s*dur=([0-9.]+)")
_UPSTREAM = "upstream"  # the gateway's step that holds those of the model


@dataclasses.dataclass(frozen=True)
class Step:
    """One bar. Milliseconds, from the moment when the page had the request."""

    name: str
    depth: int
    start: float
    ms: float


def parse(header: str) -> list[tuple[str, float]]:
    """The names and durations (milliseconds) of a Server-Timing header, in its order."""
    entries = []
    for part in header.split(","):
        match = _ENTRY.match(part)
        if match and match[2].count(".") <= 1 and match[2] != ".":
            entries.append((match[1], float(match[2])))
    return entries


def steps(total: float, read: float, gateway: float, header: str) -> list[Step]:
    """The rows of one answer: the page's own, then those in the gateway's header.

    `total`, `read` and `gateway` are milliseconds: of the whole, of reading the picture, and of the
    way to the gateway and back.
    """
    entries = parse(header)
    names = [name for name, _ in entries]
    split = names.index(_UPSTREAM) + 1 if _UPSTREAM in names else len(entries)
    gateway_start = max(total - gateway, read)
    rows = [Step("page", 0, 0.0, total), Step("read", 1, 0.0, read)]
    rows.append(Step("gateway", 1, gateway_start, gateway))
    rows += _nested(entries[:split], 2, gateway_start, gateway)
    if _UPSTREAM in names:
        upstream = rows[-1]
        rows += _nested(entries[split:], 3, upstream.start, upstream.ms)
    return [
        dataclasses.replace(row, start=round(row.start, 2), ms=round(row.ms, 2)) for row in rows
    ]


def _nested(entries: list[tuple[str, float]], depth: int, start: float, ms: float) -> list[Step]:
    """Steps that follow each other, in the middle of the step that holds them."""
    gap = max(ms - sum(duration for _, duration in entries), 0.0) / 2
    position, rows = start + gap, []
    for name, duration in entries:
        rows.append(Step(name, depth, position, duration))
        position += duration
    return rows
