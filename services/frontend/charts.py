"""The last minutes as small charts: numbers in, points of an SVG out.

A chart is WIDTH wide and HIGH high, whatever size it is drawn at.
"""

import dataclasses
from typing import Any

WIDTH, HIGH = 300.0, 40.0
ROUND = (1, 2, 5)  # and their tens: what an axis may end at


@dataclasses.dataclass(frozen=True)
class Bar:
    """A rectangle: a slot's requests, or how its model stood."""

    x: float
    width: float
    y: float
    height: float
    kind: str


@dataclasses.dataclass(frozen=True)
class Chart:
    """One model's charts, and the figures that stand beside them."""

    health: list[Bar]
    load: list[Bar]
    load_top: float  # requests a second at the chart's upper edge
    lines: dict[str, list[str]]  # p50, p95: the points of each stretch without a gap
    latency_top: float  # milliseconds there
    requests: int
    failed: int
    p50: float | None  # milliseconds, of the last slot with answers
    p95: float | None
    rate: float  # requests a second over the last whole slots


def of(slots: list[dict[str, Any]], seconds: float) -> Chart:
    """The charts of a model's slots, the oldest first, each so many seconds long."""
    width = WIDTH / max(len(slots), 1)
    latest = next((slot for slot in reversed(slots) if slot["p50_ms"] is not None), None)
    load_top = ceiling(max((slot["requests"] / seconds for slot in slots), default=0))
    latency_top = ceiling(max((slot["p95_ms"] or 0 for slot in slots), default=0))
    whole = [slot["requests"] for slot in slots[-4:-1]]
    return Chart(
        health=[
            Bar(round(number * width, 2), round(width, 2), 0, HIGH, slot["status"] or "unknown")
            for number, slot in enumerate(slots)
        ],
        load=[
            bar
            for number, slot in enumerate(slots)
            for bar in loads(number * width, width, slot, load_top * seconds)
        ],
        load_top=load_top,
        lines={
            name: stretches([slot[f"{name}_ms"] for slot in slots], width, latency_top)
            for name in ("p50", "p95")
        },
        latency_top=latency_top,
        requests=sum(slot["requests"] for slot in slots),
        failed=sum(slot["failed"] for slot in slots),
        p50=latest["p50_ms"] if latest else None,
        p95=latest["p95_ms"] if latest else None,
        rate=round(sum(whole) / (seconds * max(len(whole), 1)), 1),
    )


def loads(x: float, width: float, slot: dict[str, Any], top: float) -> list[Bar]:
    """The bar of a slot's requests, with those that failed at its foot."""
    bars = []
    for kind in ("requests", "failed"):
        if slot[kind]:
            height = slot[kind] / top * HIGH
            bars.append(
                Bar(
                    round(x, 2),
                    round(width * 0.8, 2),
                    round(HIGH - height, 2),
                    round(height, 2),
                    kind,
                )
            )
    return bars


def stretches(values: list[float | None], width: float, top: float) -> list[str]:
    """The points of a line, cut where there is no value. Each is drawn as wide as its slot."""
    found: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            found.append([])
            continue
        x, y = (number + 0.5) * width, HIGH - value / top * HIGH
        found[-1] += [f"{x - width / 2:.1f},{y:.1f}", f"{x + width / 2:.1f},{y:.1f}"]
    return [" ".join(points) for points in found if points]


def ceiling(value: float) -> float:
    """The next round number, so that a chart's edge says something and doesn't jump about."""
    edge = 1.0
    while True:
        for step in ROUND:
            if value <= edge * step:
                return edge * step
        edge *= 10
