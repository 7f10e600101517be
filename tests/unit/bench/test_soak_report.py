"""bench/soak_report.py: whether a gateway under load for long is as it must be."""

import dataclasses
from typing import Any

import pytest

from bench import soak_report
from bench.paced_clients import NOT_SENT
from bench.soak_report import Minute, Report

MINUTE = Minute(1000, 1.5, 9.25, {}, 80.0, 20.0, changes=6, followed=6)


def report(*changes: dict[str, Any]) -> Report:
    minutes = [dataclasses.replace(MINUTE, **each) for each in changes]
    return Report(1000.0, 800.0, minutes, {"cores": "2"})


def test_a_run_without_a_failure_has_passed() -> None:
    found = report({}, {}, {}, {})
    assert soak_report.faults(found) == []
    assert soak_report.text(found).split("\n")[1:4] == [
        "4,000 answered, 0 failed", "memory grew by 0.0% since minute 3", "passed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"failures": {"503": 2}}, "2 x 503"),
        ({"failures": {NOT_SENT: 50}}, "50 requests were not sent, so that the load was less"),
        ({"gateway_mb": 86.0}, "memory grew by 6.0%"),
        ({"followed": 0}, "changes of the manifest were not followed"),
    ],
)
def test_what_may_not_be_is_told(changes: dict[str, Any], fault: str) -> None:
    found = report({}, {}, {}, changes)
    assert soak_report.faults(found) == [fault]
    assert f"failed: {fault}" in soak_report.text(found)


def test_memory_may_grow_until_it_has_settled() -> None:
    assert soak_report.faults(report({"gateway_mb": 40.0}, {}, {}, {})) == []


def test_a_short_run_begins_with_its_first_minute() -> None:
    assert report({"gateway_mb": 60.0}).growth == 0.0


def test_what_this_machine_did_not_come_to_send_is_no_failure() -> None:
    minute = dataclasses.replace(MINUTE, failures={NOT_SENT: 3, "502": 1})
    assert (minute.failed, minute.late) == (1, 3)
    cells = soak_report.line(2, minute).split()
    assert cells == ["2", "1000", "1.50", "9.25", "1", "3", "80.0", "20.0", "6", "6"]
    assert len(soak_report.heading(1000.0, 800.0).splitlines()[-1]) == 120
