"""bench/hop_alone.py and its report: what is sent where, and what a gateway costs."""

import dataclasses
from pathlib import Path

import pytest

from bench import hop_alone, hop_alone_report, stack
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
    assert cells[2::2] == ["6.00", "5.00"]


def test_one_gateway_is_compared_with_nothing() -> None:
    report = dataclasses.replace(REPORT, gateways=["before"])
    assert len(lines(report, "before ")) == 2
    assert "ratio" not in hop_alone_report.text(report)


def checkout(folder: Path) -> Path:
    """A folder that looks like a checkout."""
    config = folder / stack.GATEWAY_CONFIG
    config.parent.mkdir(parents=True)
    config.write_text("")
    return folder


def test_checkouts_are_told_apart_by_their_folders_names(tmp_path: Path) -> None:
    roots = [checkout(tmp_path / name) for name in ("before", "after", "other/after")]
    assert hop_alone.checkouts(roots[:2]) == roots[:2]
    with pytest.raises(SystemExit, match="Two checkouts are named after"):
        hop_alone.checkouts(roots)


def test_a_folder_without_a_gateway_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no gateway/"):
        hop_alone.checkouts([tmp_path])


def test_the_body_is_of_the_size_that_the_report_says(tmp_path: Path) -> None:
    assert Path(hop_alone.body(tmp_path)).stat().st_size == REPORT.body_bytes
