"""A request's record."""

from typing import Any

import pytest

from passerelle.protocol import trace
from passerelle.server.span import Span, TracingMiddleware, milliseconds


def test_steps_of_one_name_add_up_and_come_before_those_of_the_hop_behind() -> None:
    span = Span(trace.read({}), 0.0)
    for _ in range(2):
        with span.step("infer"):
            pass
    span.steps = {"auth": 0.001, "upstream": 0.01}
    span.downstream = "infer;dur=7.00"
    assert span.server_timing == "auth;dur=1.00, upstream;dur=10.00, infer;dur=7.00"


def test_a_step_that_fails_is_timed_all_the_same() -> None:
    span = Span(trace.read({}), 0.0)
    with pytest.raises(ValueError, match="x"), span.step("decode"):
        raise ValueError("x")
    assert "decode" in span.steps


def test_milliseconds_are_told_to_the_microsecond() -> None:
    assert milliseconds(0.0123456) == 12.346


def test_a_server_error_is_an_error_in_the_log_with_the_fields_of_its_request() -> None:
    lines: list[tuple[Any, ...]] = []

    def app(environ: Any, start: Any) -> list[bytes]:
        environ["passerelle.span"].fields["model"] = "m"
        start("503 Service Unavailable", [])
        return [b""]

    def write(*given: Any, **fields: Any) -> None:
        lines.append((*given, fields))

    environ: Any = {"REQUEST_METHOD": "POST", "PATH_INFO": "/model/m/predict"}
    sent: list[Any] = []
    start: Any = lambda *given: sent.append(given)  # noqa: E731  # it needs a type
    answer: Any = TracingMiddleware(app, "test", write)(environ, start)
    answer.close()
    assert [name for name, _ in sent[0][1]] == ["X-Request-ID", "traceparent"]
    ((severity, message, fields),) = lines
    assert (severity, message) == ("ERROR", "POST /model/m/predict 503")
    assert fields["model"] == "m"
