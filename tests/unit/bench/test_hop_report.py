"""bench/hop_report.py: medians, ratios within a round, memory."""

from bench import hop_report
from bench.hop_report import DIRECT, GATEWAY, IN_PROCESS, Report
from bench.rounds import Round
from tests.unit.bench import records


def round_of(direct: float, gateway: float, in_process: float) -> Round:
    speeds = {DIRECT: direct, GATEWAY: gateway, IN_PROCESS: in_process}
    return Round(8, {case: records.measurement(speed) for case, speed in speeds.items()})


REPORT = Report(
    model="lite0", pictures=3, seconds=1.0,
    rounds=[round_of(100, 50, 200), round_of(200, 180, 200), round_of(100, 80, 200)],
    starts=[0.5], machine={"cores": "2"},
    processes=[{"process": "gateway, worker", "rss_mb": 50.2, "pss_mb": 30.0, "torch": False}],
)  # fmt: skip


def line(start: str) -> list[str]:
    """The cells of the first line that begins so."""
    return next(
        each.split() for each in hop_report.text(REPORT).splitlines() if each.startswith(start)
    )


def test_a_speed_is_the_median_of_the_rounds_between_minimum_and_maximum() -> None:
    assert line("gateway ")[1:4] == ["8", "80.0", "(50.0-180.0)"]


def test_a_ratio_is_taken_within_its_round() -> None:
    assert line("gateway/direct")[2:] == ["0.80", "(0.50-0.90)"]


def test_a_process_is_listed_with_its_memory() -> None:
    assert line("gateway, worker")[2:] == ["50", "30", "no"]
