"""What counts say, for people."""

import pytest

from gateway.traffic import figures, histogram
from gateway.traffic.counts import Counts


def test_the_figures_of_nothing() -> None:
    assert figures.document(Counts()) == {
        "requests": 0,
        "errors": 0,
        "p50_ms": None,
        "p95_ms": None,
        "agreement": None,
        "skipped": 0,
        "not_compared": 0,
    }


def test_the_figures_of_some() -> None:
    times = {histogram.bucket(0.010): 94, histogram.bucket(0.100): 6}
    assert figures.document(Counts(101, 1, 200, 196.0, 196.0, 3, 2, times)) == {
        "requests": 101,
        "errors": 1,
        "p50_ms": pytest.approx(10.0, rel=0.05),
        "p95_ms": pytest.approx(100.0, rel=0.05),
        "agreement": {"mean": 0.98, "low": 0.9496, "high": 0.9945, "compared": 200},
        "skipped": 2,
        "not_compared": 3,
    }
