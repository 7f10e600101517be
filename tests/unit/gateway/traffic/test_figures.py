"""What counts say, for people."""

import pytest

from gateway.traffic import figures, histogram
from gateway.traffic.counts import Counts


@pytest.mark.parametrize(
    ("total", "count", "interval"),
    [
        (196.0, 200, (0.9497, 0.9922)),
        (0.0, 10, (0.0, 0.2775)),
        (10.0, 10, (0.7225, 1.0)),
        (10.000001, 10, (0.7225, 1.0)),  # a sum of floating numbers
    ],
)
def test_an_interval_is_wilsons(total: float, count: int, interval: tuple[float, float]) -> None:
    assert figures.wilson(total, count) == pytest.approx(interval, abs=5e-5)


def test_of_nothing_there_is_no_interval() -> None:
    assert figures.wilson(0.0, 0) is None


def test_who_wants_to_be_surer_has_a_wider_one() -> None:
    wide, narrow = figures.wilson(90, 100, 3.5), figures.wilson(90, 100)
    assert wide
    assert narrow
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


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
        "agreement": {"mean": 0.98, "low": 0.9497, "high": 0.9922, "compared": 200},
        "skipped": 2,
        "not_compared": 3,
    }
