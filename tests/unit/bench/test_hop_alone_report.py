"""bench/hop_alone_report.py: what a gateway costs, and two of them compared."""

import dataclasses

from bench import hop_alone_report
from bench.hop_alone_report import Report
from bench.hop_report import DIRECT
from bench.rounds import Round
from bench.workload import Measurement
from tests.unit.bench import records


def measured(per_second: float, cpu_ms: float, p50_ms: float) -> Measurement:
    found = records.measurement(per_second)
    return dataclasses.replace(found, server_cpu_ms=cpu_ms, p50_ms=p50_ms)


ROUND = Round(
    8,
    {
        DIRECT: measured(9000, 0.05, 0.25),
        "before": measured(500, 0.9, 2.25),
        "after": measured(2500, 0.15, 0.75),
    },
)
REPORT = Report(["before", "after"], 100_000, 1.0, [ROUND], {"cores": "2"})


def lines(report: Report, start: str) -> list[list[str]]:
    """The cells of the lines that begin so."""
    text = hop_alone_report.text(report).splitlines()
    return [each.split() for each in text if each.startswith(start)]


def test_a_gateway_is_shown_with_its_own_work_its_speed_a_core_and_what_it_adds() -> None:
    cells = lines(REPORT, "before ")[1]
    assert cells[2::2] == ["0.900", "1111", "2.00"]


def test_a_second_gateway_is_compared_with_the_first() -> None:
    cells = lines(REPORT, "after ")[2]
    assert cells[2::2] == ["6.00", "5.00", "-0.750"]


def test_one_gateway_is_compared_with_nothing() -> None:
    report = dataclasses.replace(REPORT, gateways=["before"])
    assert len(lines(report, "before ")) == 2
    assert "ratio" not in hop_alone_report.text(report)


def test_work_too_short_to_be_counted_is_no_fault() -> None:
    nothing = {case: measured(5, 0.0, 1.0) for case in (DIRECT, "before", "after")}
    report = dataclasses.replace(REPORT, rounds=[Round(8, nothing)])
    assert lines(report, "before ")[1][2:5:2] == ["0.000", "inf"]
    assert lines(report, "after ")[2][2] == "nan"
