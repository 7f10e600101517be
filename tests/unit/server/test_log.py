"""One JSON object a line."""

import contextvars
import json

import pytest

from passerelle.protocol import trace
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


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_is_written_within_a_request_has_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    found = trace.read({"x-request-id": "mine"})

    def work() -> None:
        log.current.set(found)
        log.write("WARNING", "inside")
        log.write("ERROR", "of another", request_id="other")
        log.write("ERROR", "of the same", request_id="mine")

    contextvars.copy_context().run(work)
    log.write("INFO", "outside")
    inside, other, same, outside = lines(capsys)
    assert (inside["request_id"], inside["trace_id"]) == ("mine", found.trace_id)
    assert (inside["span_id"], inside["trace_flags"]) == (found.span_id, "02")
    assert other["request_id"] == "other"
    assert not {"trace_id", "span_id", "trace_flags"} & other.keys()
    assert same["trace_id"] == found.trace_id
    assert "trace_id" not in outside


def test_on_google_cloud_such_a_line_names_its_trace_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "project", "my-project")
    found = trace.read({})

    def work() -> None:
        log.current.set(found)
        log.write("WARNING", "inside")

    contextvars.copy_context().run(work)
    (line,) = lines(capsys)
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{found.trace_id}"


KEY = "psl_0123abcd_" + "s" * 43


def test_no_credential_is_written_whatever_it_is_in(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError(f"headers {{'Authorization': 'Bearer {KEY}'}}")
    log.write(
        "ERROR", f"POST /model/{KEY}/predict 404", path=f"/model/{KEY}/predict", error=error,
        traceback=f"File x\nCookie: sid=secret-cookie\nlast {KEY}", headers={"x-api-key": "plain"},
        **{KEY: [KEY, {"a": (KEY,)}]},
    )  # fmt: skip
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    record = json.loads(text)
    assert record["path"] == "/model/[redacted]/predict"
    assert record["traceback"] == "File x\nCookie: [redacted]\nlast [redacted]"
    for secret in (KEY, KEY[:13], "secret-cookie", "plain"):
        assert secret not in text


def test_a_key_that_was_made_for_this_run_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    log.write_with_key("WARNING", "try this one", demo=f"curl -H 'X-API-Key: {KEY}'")
    (line,) = lines(capsys)
    assert line["demo"] == f"curl -H 'X-API-Key: {KEY}'"


@pytest.mark.parametrize(
    "text", ['a\n{"severity": "ERROR"}', "a\r\nb", "\u2028", "\x1b[31m", "\x00", "\x85", '"}\n{"']
)
def test_nobody_forges_a_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    log.write("INFO", text, path=text, **{text: text})
    written = capsys.readouterr().out
    assert written.endswith("\n")
    assert written.isascii()
    assert not any(each < " " for each in written[:-1])
    assert json.loads(written)["path"] == text
