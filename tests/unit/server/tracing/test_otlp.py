"""Recorded requests as OTLP has them."""

import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from passerelle.protocol import trace
from passerelle.server.recording import RecordedRequest, RecordedStep
from passerelle.server.tracing import otlp

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
OFFSET = 1_000_000_000_000
STEPS = (
    RecordedStep("auth", 1.0, 1.25, "c" * 16),
    RecordedStep("POST", 1.5, 2.0, "c" * 16, "d" * 16, {"server.address": "zoo"}, failed=True),
)


def request(steps: tuple[RecordedStep, ...] = STEPS, **headers: str) -> RecordedRequest:
    return RecordedRequest(
        "POST /predict", trace.read(headers), 1.0, 2.5, {"http.response.status_code": 200}, steps,
        failed=False,
    )  # fmt: skip


def decoded(*requests: RecordedRequest) -> Any:
    message = otlp.encode(requests, {"service.name": "gateway"}, OFFSET, lambda: None)
    (of_process,) = ExportTraceServiceRequest.FromString(message).resource_spans
    (scope,) = of_process.scope_spans
    assert of_process.resource.attributes[0].value.string_value == "gateway"
    assert scope.scope.name == "passerelle"
    return scope.spans


def test_a_request_is_a_servers_span_below_that_of_its_sender() -> None:
    given = request((), traceparent=PARENT, tracestate="a=1")
    (span,) = decoded(given)
    assert (span.name, span.kind) == ("POST /predict", Span.SPAN_KIND_SERVER)
    assert span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert (span.span_id.hex(), span.parent_span_id.hex()) == (
        given.trace.span_id,
        "b7ad6b7169203331",
    )
    assert (span.trace_state, span.flags) == ("a=1", 0x303)
    assert span.attributes[0].key == "http.response.status_code"
    assert span.attributes[0].value.int_value == 200
    assert span.status.code == Status.STATUS_CODE_UNSET


def test_one_that_begins_a_trace_has_no_parent() -> None:
    (span,) = decoded(request(()))
    assert (span.parent_span_id, span.flags) == (b"", 0x102)


def test_times_are_of_the_day_to_the_nanosecond() -> None:
    server, step, _ = decoded(request())
    assert (server.start_time_unix_nano, server.end_time_unix_nano) == (
        OFFSET + 1_000_000_000, OFFSET + 2_500_000_000,
    )  # fmt: skip
    assert (step.start_time_unix_nano, step.end_time_unix_nano) == (
        OFFSET + 1_000_000_000, OFFSET + 1_250_000_000,
    )  # fmt: skip


def test_a_step_has_an_id_of_its_own_and_one_that_asks_another_process_says_so() -> None:
    server, step, client = decoded(request())
    assert (step.name, step.kind) == ("auth", Span.SPAN_KIND_INTERNAL)
    assert (client.name, client.kind) == ("POST", Span.SPAN_KIND_CLIENT)
    assert {step.parent_span_id, client.parent_span_id} == {bytes.fromhex("c" * 16)}
    assert client.span_id.hex() == "d" * 16
    assert len({server.span_id, step.span_id, client.span_id, b""}) == 4
    assert client.attributes[0].value.string_value == "zoo"
    assert client.status.code == Status.STATUS_CODE_ERROR
    assert step.status.code == Status.STATUS_CODE_UNSET


def test_another_thread_may_run_now_and_then() -> None:
    released = list[int]()
    otlp.encode([request()] * (2 * otlp.RELEASE_EVERY + 1), {}, 0, lambda: released.append(1))
    assert released == [1, 1]


def test_the_clock_is_that_of_the_day() -> None:
    now = time.perf_counter_ns() + otlp.clock_offset()
    assert abs(now - time.time_ns()) < 1_000_000_000


def test_what_a_receiver_refuses_of_a_message_is_counted() -> None:
    partial = ExportTracePartialSuccess(rejected_spans=3)
    answer = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    assert otlp.rejected(answer) == 3
    assert otlp.rejected(b"") == 0
    assert otlp.rejected(b"{}") == 0
