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


def test_on_google_cloud_a_requests_line_names_its_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "project", "my-project")
    log.write("INFO", "x", trace_id="abc", span_id="def", trace_flags="01")
    log.write("INFO", "no request")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["logging.googleapis.com/trace"] == "projects/my-project/traces/abc"
    assert first["logging.googleapis.com/trace_sampled"] is True
    assert "logging.googleapis.com/trace" not in second
