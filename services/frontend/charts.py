"""The last minutes as small charts: numbers in, points of an SVG out.

A chart is WIDTH wide and HEIGHT high, whatever size it is drawn at.
"""

import dataclasses
from typing import Any

WIDTH, HEIGHT = 300.0, 40.0  # units of the SVG
AXIS_ENDS = (1, 2, 5)  # times a power of ten: what an axis may end at


@dataclasses.dataclass(frozen=True)
class Bar:
    """A rectangle: a slot's requests, or its model's status."""

    x: float
    width: float
    y: float
    height: float
    kind: str


@dataclasses.dataclass(frozen=True)
class Chart:
    """One model's charts, and the figures beside them."""

    health: list[Bar]
    load: list[Bar]
    max_rate: float  # requests a second at the chart's upper edge
    lines: dict[str, list[str]]  # p50, p95: the points of each segment without a gap
    max_latency: float  # milliseconds at the chart's upper edge
    requests: int
    failed: int
    p50: float | None  # milliseconds, of the last slot with answers
    p95: float | None
    rate: float  # requests a second over the last whole slots


def from_slots(slots: list[dict[str, Any]], seconds: float) -> Chart:
    """The charts of a model's slots, the oldest first, each so many seconds long."""
    width = WIDTH / max(len(slots), 1)
    latest = next((slot for slot in reversed(slots) if slot["p50_ms"] is not None), None)
    max_rate = axis_end(max((slot["requests"] / seconds for slot in slots), default=0))
    max_latency = axis_end(max((slot["p95_ms"] or 0 for slot in slots), default=0))
    whole = [slot["requests"] for slot in slots[-4:-1]]
    return Chart(
        health=[
            Bar(round(number * width, 2), round(width, 2), 0, HEIGHT, slot["status"] or "unknown")
            for number, slot in enumerate(slots)
        ],
        load=[
            bar
            for number, slot in enumerate(slots)
            for bar in _load_bars(number * width, width, slot, max_rate * seconds)
        ],
        max_rate=max_rate,
        lines={
            name: _segments([slot[f"{name}_ms"] for slot in slots], width, max_latency)
            for name in ("p50", "p95")
        },
        max_latency=max_latency,
        requests=sum(slot["requests"] for slot in slots),
        failed=sum(slot["failed"] for slot in slots),
        p50=latest["p50_ms"] if latest else None,
        p95=latest["p95_ms"] if latest else None,
        rate=round(sum(whole) / (seconds * max(len(whole), 1)), 1),
    )


def _load_bars(x: float, width: float, slot: dict[str, Any], top: float) -> list[Bar]:
    """The bar of a slot's requests, with those that failed at its foot."""
    bars = []
    for kind in ("requests", "failed"):
        if slot[kind]:
            height = slot[kind] / top * HEIGHT
            bars.append(
                Bar(
                    round(x, 2),
                    round(width * 0.8, 2),
                    round(HEIGHT - height, 2),
                    round(height, 2),
                    kind,
                )
            )
    return bars


def _segments(values: list[float | None], width: float, top: float) -> list[str]:
    """The points of a line, cut where there is no value. Each is drawn as wide as its slot."""
    segments: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            segments.append([])
            continue
        x, y = (number + 0.5) * width, HEIGHT - value / top * HEIGHT
        segments[-1] += [f"{x - width / 2:.1f},{y:.1f}", f"{x + width / 2:.1f},{y:.1f}"]
    return [" ".join(points) for points in segments if points]


def axis_end(value: float) -> float:
    """The next round number, so that a chart's edge says something and doesn't jump about."""
    power = 1.0
    while True:
        for end in AXIS_ENDS:
            if value <= end * power:
                return end * power
        power *= 10
