"""bench/slow_clients_report.py: ordinary requests beside slow clients, as a text."""

import dataclasses

import pytest

from bench import slow_clients_report
from bench.paced_clients import Outcome
from bench.slow_clients_report import Phase, Report, Sample
from bench.slow_crowd import Count

STRAIGHT = Outcome([0.0005] * 100, {})
REPORT = Report(
    clients=8, seconds=1.0, rate=80.0,
    quiet=Phase(Outcome([0.001] * 100, {}), STRAIGHT, [Sample(9, 70.0, 0)], 0.1, 0.0),
    crowded=Phase(
        Outcome([0.002] * 100, {"503": 2, "TimeoutError": 1}),
        STRAIGHT,
        [Sample(15, 71.0, 6), Sample(17, 72.0, 8), Sample(17, 71.5, 8)],
        cores=0.2,
        other_cores=0.0,
    ),
    slow={"reader": Count(clients=2, connections=5, let_go=3, not_connected=1)},
    peak_mb=60.5, machine={"cores": "2"},
)  # fmt: skip


def cells(start: str) -> list[str]:
    """What stands behind the first line's beginning."""
    lines = slow_clients_report.text(REPORT).splitlines()
    return next(line.removeprefix(start).split() for line in lines if line.startswith(start))


def test_a_percentile_is_shown_quiet_beside_and_as_a_ratio() -> None:
    assert cells("p99 ms") == ["1.00", "2.00", "2.00"]


def test_what_goes_straight_to_the_service_is_shown_beside_it() -> None:
    assert cells("p99 ms straight") == ["0.50", "0.50", "1.00"]


def test_failures_are_counted_by_reason() -> None:
    assert cells("failed") == ["0", "3"]
    assert cells("  503") == ["0", "2"]
    assert cells("  TimeoutError") == ["0", "1"]


def test_the_gateways_sockets_and_memory_are_shown() -> None:
    assert cells("sockets open, median") == ["9", "17"]
    assert cells("PSS MB in all, most") == ["70.0", "72.0"]
    assert cells("RSS MB of one, most") == ["60.5"]
    assert cells("slow clients, least") == ["6"]


def test_each_kind_is_shown_with_what_became_of_it() -> None:
    assert cells("reader") == ["2", "5", "3", "1"]


def phase(p99: float, slow: int = 8, **failures: int) -> Phase:
    return Phase(Outcome([p99] * 100, failures), STRAIGHT, [Sample(9, 70.0, slow)], 0.1, 0.0)


@pytest.mark.parametrize(
    ("crowded", "verdict"),
    [
        (phase(0.0019), "passed"),
        (phase(0.0021), "failed: p99 is 2.10 times the quiet one, more than 2"),
        (phase(0.001, slow=6), "failed: 6 of 8 slow clients were connected at some time"),
        (phase(0.001, reset=2), "failed: 2 x reset"),
        (dataclasses.replace(phase(1.0), requests=Outcome([], {})),
         "failed: p99 is nan times the quiet one, more than 2"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_is_not_as_it_must_be(crowded: Phase, verdict: str) -> None:
    report = dataclasses.replace(REPORT, quiet=phase(0.001), crowded=crowded)
    assert slow_clients_report.verdict(report) == [verdict]
