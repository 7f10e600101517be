"""A request's record."""

import dataclasses
import json
import time

import pytest

from passerelle.protocol import trace
from passerelle.server.recording import RecordedStep, Recording
from passerelle.server.span import Span, milliseconds
from tests.unit.server import made

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def span(started: float = 0.0) -> Span:
    return Span(trace.read({"x-request-id": "mine", "traceparent": PARENT}), started)


def test_a_step_that_is_taken_twice_is_one_step_of_both_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([1.0, 1.5, 2.0, 2.25])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    found = span()
    for _ in range(2):
        with found.step("infer"):
            pass
    assert found.steps == {"infer": 0.75}


def test_a_step_that_fails_is_timed_all_the_same() -> None:
    found = span()
    with pytest.raises(ValueError, match="x"), found.step("decode"):
        raise ValueError("x")
    assert "decode" in found.steps


def test_steps_that_were_timed_elsewhere_are_added() -> None:
    found = span()
    found.steps = {"queue": 1.0, "infer": 0.5}
    found.add({"decode": 0.25, "infer": 0.25})
    assert found.steps == {"queue": 1.0, "infer": 0.75, "decode": 0.25}


def test_own_steps_come_before_those_of_the_hop_behind() -> None:
    found = span()
    found.steps = {"auth": 0.001, "upstream": 0.01}
    found.downstream = "infer;dur=7.00"
    assert found.server_timing == "auth;dur=1.00, upstream;dur=10.00, infer;dur=7.00"


def test_an_answer_says_its_ids_and_where_its_time_went() -> None:
    found = span()
    found.steps = {"auth": 0.001}
    headers = dict(found.headers)
    assert headers["X-Request-ID"] == "mine"
    assert headers["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert headers["Server-Timing"] == "auth;dur=1.00"


def test_an_answer_that_took_no_step_says_nothing_of_time() -> None:
    assert [name for name, _ in span().headers] == ["X-Request-ID", "traceparent"]


def test_its_line_in_the_log_has_its_ids_its_steps_and_its_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = span(time.perf_counter() - 1)
    found.steps, found.fields = {"auth": 0.001}, {"model": "m"}
    found.write_log("gateway", "POST", "/model/m/predict", 200)
    record = json.loads(capsys.readouterr().out)
    assert (record["severity"], record["message"]) == ("INFO", "POST /model/m/predict 200")
    assert (record["service"], record["model"], record["status"]) == ("gateway", "m", 200)
    assert (record["request_id"], record["trace_flags"]) == ("mine", "01")
    assert record["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert record["steps_ms"] == {"auth": 1.0}
    assert record["duration_ms"] >= 1000


@pytest.mark.parametrize(
    ("status", "severity"), [(200, "INFO"), (499, "INFO"), (500, "ERROR"), (503, "ERROR")]
)
def test_only_a_server_error_is_an_error_in_the_log(
    capsys: pytest.CaptureFixture[str], status: int, severity: str
) -> None:
    span().write_log("gateway", "GET", "/", status)
    assert json.loads(capsys.readouterr().out)["severity"] == severity


def test_milliseconds_are_exact_to_the_microsecond() -> None:
    assert milliseconds(0.0123456) == 12.346


def recorded(*times: float, monkeypatch: pytest.MonkeyPatch) -> Span:
    """A span that is recorded, whose clock shows these times one after the other."""
    clock = iter(times)
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    found = span()
    found.recording = Recording()
    return found


def test_steps_are_recorded_with_their_begin_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(1.0, 1.5, 2.0, 2.25, monkeypatch=monkeypatch)
    for _ in range(2):
        with found.step("infer"):
            pass
    assert found.recording
    assert found.recording.steps == [
        RecordedStep("infer", 1.0, 1.5, found.trace.span_id),
        RecordedStep("infer", 2.0, 2.25, found.trace.span_id),
    ]
    assert found.steps == {"infer": 0.75}


def test_a_branch_is_the_parent_of_what_is_done_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(1.0, 2.0, 3.0, 4.0, monkeypatch=monkeypatch)
    with found.branch("people") as branch:
        own = dataclasses.replace(found, steps={}, trace=branch.trace)
        with own.step("cache"):
            pass
    assert found.recording
    inner, outer = found.recording.steps
    assert (inner.name, inner.parent_id) == ("cache", branch.trace.span_id)
    assert (outer.name, outer.span_id, outer.parent_id) == (
        "people", branch.trace.span_id, found.trace.span_id,
    )  # fmt: skip
    assert (outer.attributes, outer.failed) == (None, False)
    assert found.steps == {"people": 3.0}


def test_a_hop_goes_on_with_a_trace_of_its_own_and_has_the_steps_name_in_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = recorded(1.0, 2.0, monkeypatch=monkeypatch)
    with found.hop("upstream", "POST", "zoo") as hop:
        assert hop.trace.parent_id == found.trace.span_id
        assert hop.trace.traceparent != found.trace.traceparent
        hop.set_status(200)
    assert found.recording
    (step,) = found.recording.steps
    assert (step.name, step.span_id, step.failed) == ("POST", hop.trace.span_id, False)
    assert step.attributes == {
        "http.request.method": "POST", "server.address": "zoo", "http.response.status_code": 200,
    }  # fmt: skip
    assert found.steps == {"upstream": 1.0}


def test_a_hop_that_fails_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(1.0, 2.0, 3.0, 4.0, monkeypatch=monkeypatch)
    with found.hop("upstream", "POST", "zoo") as hop:
        hop.set_status(503)
    with pytest.raises(ValueError, match="x"), found.hop("upstream", "POST", "zoo"):
        raise ValueError("x")
    assert found.recording
    steps = found.recording.steps
    assert [each.failed for each in steps] == [True, True]
    assert [(each.attributes or {})["error.type"] for each in steps] == ["503", "ValueError"]


def test_what_isnt_recorded_goes_on_with_the_requests_own_span() -> None:
    found = span()
    with found.hop("upstream", "POST", "zoo") as hop:
        hop.set_status(503)
        assert hop.trace is found.trace
    with found.branch("people") as branch:
        assert branch.trace is found.trace
    assert found.recording is None


def test_a_thread_that_goes_on_spoils_neither_the_answer_nor_the_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Which it does where the client hangs up while a picture is worked on."""
    found = span()
    found.steps = {"decode": made.Interrupted(0.001, found)}
    assert found.server_timing == "decode;dur=1.00"
    found.steps = {"decode": made.Interrupted(0.001, found)}
    found.write_log("model", "POST", "/model/m/predict", 499)
    assert json.loads(capsys.readouterr().out)["steps_ms"] == {"decode": 1.0}
