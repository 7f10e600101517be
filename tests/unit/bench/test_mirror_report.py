"""bench/mirror_report.py: the table of a mirror's states, and the verdict."""

import dataclasses

from bench import mirror_report
from bench.mirror_report import AGAIN, CASES, FIRST, Counts, Phase, Report

PHASE = Phase([0.010] * 99 + [0.020], {}, 0.1)
MIRRORED = dataclasses.replace(PHASE, mirrored=Counts(90, 2, 8, 88))


def report(**cases: Phase) -> Report:
    phases = {each: PHASE if each in (FIRST, AGAIN) else MIRRORED for each in CASES}
    return Report(80.0, 8.0, 0.01, [phases | cases] * 3, {"cores": "2"})


def test_each_state_has_its_line_and_its_counts() -> None:
    printed = mirror_report.text(report())
    lines = {line[:20].strip(): line[20:].split() for line in printed.splitlines()}
    assert lines["frozen"] == ["270", "6", "24", "264"]
    assert lines[AGAIN][4:6] == ["1.00", "(1.00-1.00)"]
    assert "80 requests a second for 8 s" in printed
    assert "passed" in lines


def test_what_the_clients_lose_is_a_fault() -> None:
    slow = dataclasses.replace(PHASE, latencies=[0.020] * 99 + [0.050])
    failed = dataclasses.replace(PHASE, failures={"503": 2})
    found = mirror_report.faults(report(frozen=slow, killed=failed))
    assert found == ["frozen: p99 is 2.01 times that without, more than 1.5", "killed: 503"]


def test_a_ratio_that_nobody_can_tell_is_a_fault() -> None:
    found = mirror_report.faults(report(**{AGAIN: dataclasses.replace(PHASE, latencies=[])}))
    assert len(found) == 1


def test_counts_are_those_since_a_moment() -> None:
    found = Counts(5, 4, 3, 2) - Counts(1, 1, 1, 1)
    assert (found, found.ended) == (Counts(4, 3, 2, 1), 6)
