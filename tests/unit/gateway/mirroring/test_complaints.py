"""What goes wrong with mirrored requests, in the log."""

import json

import pytest

from gateway.mirroring.complaints import Complaints


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(each)["message"] for each in capsys.readouterr().out.splitlines()]


def test_a_model_whose_requests_fail_has_a_line_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complaints = Complaints()
    for second in range(121):
        complaints.failed("new", "broken", float(second))
    complaints.failed("other", "broken", 121.0)
    assert lines(capsys) == [
        f"mirrored requests to {name} fail, {count} since this was last said"
        for name, count in (("new", 1), ("new", 60), ("new", 60), ("other", 1))
    ]


def test_why_two_models_are_not_compared_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    complaints = Complaints()
    for obstacle in ("", "labels", "labels", "", "labels", "task"):
        complaints.compared(("old", "new"), obstacle)
    assert lines(capsys) == [
        f"old can't be compared with new: {each}" for each in ("labels", "labels", "task")
    ]
