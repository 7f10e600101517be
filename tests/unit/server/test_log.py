"""One JSON object a line."""

import json

import pytest

from passerelle.server import log


def test_a_line_has_time_severity_message_and_its_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.write("INFO", "something\nhappened", number=3, path=object)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    record = json.loads(line)
    assert list(record) == ["time", "severity", "message", "number", "path"]
    assert (record["severity"], record["message"]) == ("INFO", "something\nhappened")
    assert record["time"].endswith("+00:00")


TRACE = {"trace_id": "abc", "span_id": "def", "trace_flags": "01"}


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True)]
)
def test_on_google_cloud_a_requests_line_names_its_trace(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    flags: str,
    *,
    sampled: bool,
) -> None:
    monkeypatch.setattr(log, "project", "my-project")
    log.write("INFO", "x", **TRACE | {"trace_flags": flags})
    record = json.loads(capsys.readouterr().out)
    assert record["logging.googleapis.com/trace"] == "projects/my-project/traces/abc"
    assert record["logging.googleapis.com/spanId"] == "def"
    assert record["logging.googleapis.com/trace_sampled"] is sampled


def test_what_belongs_to_no_request_names_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "project", "my-project")
    log.write("INFO", "no request")
    assert "googleapis" not in capsys.readouterr().out


def test_elsewhere_a_line_has_nothing_of_googles(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("INFO", "x", **TRACE)
    assert "googleapis" not in capsys.readouterr().out
