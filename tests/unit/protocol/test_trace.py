"""The ids that a request carries, and its line in the log."""

import json
from typing import Any

import flask
import pytest

from passerelle.protocol import trace
from passerelle.server import log, problem_responses, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_valid_trace_is_continued_with_a_span_of_its_own() -> None:
    read = trace.read({"HTTP_TRACEPARENT": PARENT, "HTTP_TRACESTATE": "a=1,b=2"})
    version, trace_id, span_id, flags = read.traceparent.split("-")
    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span_id != "b7ad6b7169203331"
    assert read.headers["tracestate"] == "a=1,b=2"


@pytest.mark.parametrize(
    "sent",
    [
        "", "nonsense", PARENT.upper(), PARENT + "-00", "ff" + PARENT[2:], f"{PARENT},{PARENT}",
        PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
    ],
)  # fmt: skip
def test_an_invalid_trace_is_not_continued(sent: str) -> None:
    read = trace.read({"HTTP_TRACEPARENT": sent, "HTTP_TRACESTATE": "a=1"})
    assert read.trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert trace.parse(read.traceparent)
    assert "tracestate" not in read.headers


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    read = trace.read({"HTTP_TRACEPARENT": "cc" + PARENT[2:] + "-more"})
    assert read.trace_id == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("sent", ["", "with space", "ü", "a" * 129, "a,b", "a\n"])
def test_a_request_id_that_is_not_plain_is_made_anew(sent: str) -> None:
    made = trace.read({"HTTP_X_REQUEST_ID": sent}).request_id
    assert made != sent
    assert trace.REQUEST_ID.fullmatch(made)


def test_a_plain_request_id_is_kept() -> None:
    assert trace.read({"HTTP_X_REQUEST_ID": "a.B-1_2"}).request_id == "a.B-1_2"


def answered(method: str, path: str) -> tuple[Any, list[dict[str, Any]]]:
    """What a small app answers, and what it logs."""
    lines: list[dict[str, Any]] = []

    def write(severity: str, message: str, **fields: Any) -> None:
        lines.append(json.loads(json.dumps({"severity": severity, "message": message, **fields})))

    app = flask.Flask("test")
    problem_responses.install(app)
    app.wsgi_app = span.TracingMiddleware(app.wsgi_app, "test", write)  # type: ignore[method-assign]  # as the apps do

    @app.get("/fine")
    def fine() -> str:
        with span.current().step("work"):
            return "fine"

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret")

    return app.test_client().open(path, method=method, buffered=True), lines


def test_an_answer_says_its_ids_and_its_steps() -> None:
    answer, (line,) = answered("GET", "/fine?key=secret")
    assert answer.headers["X-Request-ID"] == line["request_id"]
    assert trace.parse(answer.headers["traceparent"])
    assert answer.headers["Server-Timing"].startswith("work;dur=")
    assert (line["status"], line["path"]) == (200, "/fine")
    assert line["duration_ms"] >= line["steps_ms"]["work"] >= 0
    assert "secret" not in json.dumps(line)


def test_an_unforeseen_error_is_logged_whole_and_answered_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer, (line,) = answered("GET", "/broken")
    assert (answer.status_code, line["severity"]) == (500, "ERROR")
    assert answer.mimetype == "application/problem+json"
    assert "a secret" not in answer.text
    assert "a secret" in json.loads(capsys.readouterr().out)["traceback"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/none", 404), ("PUT", "/fine", 405)]
)
def test_the_frameworks_errors_are_problems_too(method: str, path: str, status: int) -> None:
    answer, _ = answered(method, path)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    if status == 405:
        assert "GET" in answer.headers["Allow"]


CLOUD = "105445aa7843bc8bf206b12000100000"


@pytest.mark.parametrize(
    ("sent", "flags"), [(f"{CLOUD}/1;o=1", "01"), (f"{CLOUD}/123;o=0", "00"), (CLOUD, "00")]
)
def test_googles_own_trace_is_continued_where_there_is_no_other(sent: str, flags: str) -> None:
    read = trace.read({"HTTP_X_CLOUD_TRACE_CONTEXT": sent})
    assert (read.trace_id, read.flags) == (CLOUD, flags)
    both = trace.read({"HTTP_X_CLOUD_TRACE_CONTEXT": sent, "HTTP_TRACEPARENT": PARENT})
    assert both.trace_id == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("sent", ["", "x", CLOUD[:-1], "0" * 32, f"{CLOUD}/x", f"{CLOUD};o=2"])
def test_a_malformed_one_is_not(sent: str) -> None:
    assert trace.read({"HTTP_X_CLOUD_TRACE_CONTEXT": sent}).trace_id != CLOUD


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", "False"), ("01", "True"), ("02", "False"), ("03", "True")]
)
def test_on_google_cloud_a_line_names_its_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flags: str, sampled: str
) -> None:
    monkeypatch.setattr(log, "project", "my-project")
    log.write("INFO", "asked", trace_id=CLOUD, span_id="b7ad6b7169203331", trace_flags=flags)
    line = json.loads(capsys.readouterr().out)
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{CLOUD}"
    assert repr(line["logging.googleapis.com/trace_sampled"]) == sampled
    assert line["logging.googleapis.com/spanId"] == "b7ad6b7169203331"


def test_elsewhere_it_names_nothing_of_googles(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("INFO", "asked", trace_id=CLOUD, span_id="b7ad6b7169203331", trace_flags="01")
    assert "googleapis" not in capsys.readouterr().out
