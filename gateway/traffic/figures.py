"""What counts say, for people: shares with their intervals, quantiles of times, and their JSON."""

from typing import Any

from gateway.traffic import binomial, histogram
from gateway.traffic.counts import Counts

DEVIATIONS = 1.96  # of the intervals that people see: 95 %


def milliseconds(seconds: float | None) -> float | None:
    """A time as the JSON has it."""
    return None if seconds is None else round(seconds * 1000, 2)


def agreement(counts: Counts) -> dict[str, Any] | None:
    """How far answers agreed with another variant's, and how sure that is."""
    if not counts.compared:
        return None
    low, high = binomial.bounds(counts.agreement, counts.compared, DEVIATIONS)
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
