"""What counts say, for people: shares with their intervals, quantiles of times, and their JSON."""

import math
from typing import Any

from gateway.traffic import histogram
from gateway.traffic.counts import Counts

DEVIATIONS = 1.96  # of the intervals that people see: 95 %


def wilson(total: float, count: int, deviations: float = DEVIATIONS) -> tuple[float, float] | None:
    """Between what the mean of `count` values lies, each of which is 0..1, and `total` their sum.

    For values that are 0 or 1 it is Wilson's interval of a share; for others it is wider than it
    need be. None for no value.
    """
    if count == 0:
        return None
    mean, square = min(max(total / count, 0.0), 1.0), deviations * deviations
    scale = 1 + square / count
    centre = (mean + square / (2 * count)) / scale
    reach = math.sqrt(mean * (1 - mean) / count + square / (4 * count * count)) * deviations / scale
    return max(0.0, centre - reach), min(1.0, centre + reach)


def milliseconds(seconds: float | None) -> float | None:
    """A time as the JSON has it."""
    return None if seconds is None else round(seconds * 1000, 2)


def agreement(counts: Counts) -> dict[str, Any] | None:
    """How far answers agreed with another variant's, and how sure that is."""
    interval = wilson(counts.agreement, counts.compared)
    if interval is None:
        return None
    low, high = interval
    return {
        "mean": round(counts.agreement / counts.compared, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "compared": counts.compared,
    }


def document(counts: Counts) -> dict[str, Any]:
    """The figures of one variant and kind."""
    return {
        "requests": counts.requests,
        "errors": counts.errors,
        "p50_ms": milliseconds(histogram.quantile(counts.times, 0.5)),
        "p95_ms": milliseconds(histogram.quantile(counts.times, 0.95)),
        "agreement": agreement(counts),
        "skipped": counts.skipped,
        "not_compared": counts.uncompared,
    }
