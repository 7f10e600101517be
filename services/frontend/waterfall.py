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

ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*;\s*dur=([0-9.]+)")
HOP = "upstream"  # the gateway's step that holds those of the model


@dataclasses.dataclass(frozen=True)
class Step:
    """One bar. Milliseconds, from the moment when the page had the request."""

    name: str
    depth: int
    start: float
    ms: float


def parse(header: str) -> list[tuple[str, float]]:
    """The names and durations (milliseconds) of a Server-Timing header, in its order."""
    found = []
    for part in header.split(","):
        match = ENTRY.match(part)
        if match and match[2].count(".") <= 1 and match[2] != ".":
            found.append((match[1], float(match[2])))
    return found


def steps(total: float, read: float, gateway: float, header: str) -> list[Step]:
    """The rows of one answer: the page's own, then those in the gateway's header.

    `total`, `read` and `gateway` are milliseconds: of the whole, of reading the picture, and of the
    way to the gateway and back.
    """
    told = parse(header)
    names = [name for name, _ in told]
    cut = names.index(HOP) + 1 if HOP in names else len(told)
    at = max(total - gateway, read)
    rows = [Step("page", 0, 0.0, total), Step("read", 1, 0.0, read)]
    rows.append(Step("gateway", 1, at, gateway))
    rows += inside(told[:cut], 2, at, gateway)
    if HOP in names:
        hop = rows[-1]
        rows += inside(told[cut:], 3, hop.start, hop.ms)
    return [
        dataclasses.replace(row, start=round(row.start, 2), ms=round(row.ms, 2)) for row in rows
    ]


def inside(told: list[tuple[str, float]], depth: int, start: float, ms: float) -> list[Step]:
    """Steps that follow each other within a span, in its middle."""
    at, rows = start + max(ms - sum(each for _, each in told), 0.0) / 2, []
    for name, took in told:
        rows.append(Step(name, depth, at, took))
        at += took
    return rows
