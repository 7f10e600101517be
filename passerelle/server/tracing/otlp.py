"""Recorded requests as a message of OpenTelemetry's protocol, OTLP 1.

The messages are opentelemetry-proto's own. That they are filled in here, and not by OpenTelemetry's
SDK, takes a fifth of its time: docs/dependencies.md has the figures.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from passerelle.protocol import trace
from passerelle.server.recording import RecordedRequest, RecordedStep, Value

SCOPE = "passerelle"
REMOTE_KNOWN, REMOTE = 0x100, 0x200  # bits of a span's flags: whether its parent is elsewhere
NANOSECONDS = 1_000_000_000
RELEASE_EVERY = 8  # requests; they take about 0.2 ms

Release = Callable[[], None]  # lets another thread have the interpreter


def encode(
    requests: Iterable[RecordedRequest],
    resource: Mapping[str, Value],
    offset: int,
    release: Release = lambda: time.sleep(0),
) -> bytes:
    """The message that holds the spans of requests of one process, the resource.

    `offset` is what makes time of the day of this process's clock, both in nanoseconds. Now and
    then the event loop may run.
    """
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add()
    put(spans.resource.attributes, resource)
    scope = spans.scope_spans.add()
    scope.scope.name = SCOPE
    for number, each in enumerate(requests, 1):
        add(scope, each, offset)
        if number % RELEASE_EVERY == 0:
            release()
    return bytes(message.SerializeToString())


def add(scope: ScopeSpans, request: RecordedRequest, offset: int) -> None:
    """Add the span of a request, and one for each of its steps."""
    own = request.trace
    trace_id = bytes.fromhex(own.trace_id)
    flags = int(own.flags, 16) | REMOTE_KNOWN
    span = scope.spans.add(
        trace_id=trace_id,
        span_id=bytes.fromhex(own.span_id),
        parent_span_id=bytes.fromhex(own.parent_id),
        trace_state=own.tracestate,
        flags=flags | REMOTE if own.parent_id else flags,
        name=request.name,
        kind=Message.SPAN_KIND_SERVER,
        start_time_unix_nano=nanoseconds(request.began) + offset,
        end_time_unix_nano=nanoseconds(request.ended) + offset,
    )
    put(span.attributes, request.attributes)
    mark(span, failed=request.failed)
    for step in request.steps:
        add_step(scope, step, trace_id, offset)


def add_step(scope: ScopeSpans, step: RecordedStep, trace_id: bytes, offset: int) -> None:
    """Add a step's span."""
    span_id = step.span_id or trace.new_span_id()
    span = scope.spans.add(
        trace_id=trace_id,
        span_id=bytes.fromhex(span_id),
        parent_span_id=bytes.fromhex(step.parent_id),
        name=step.name,
        kind=Message.SPAN_KIND_INTERNAL,
        start_time_unix_nano=nanoseconds(step.began) + offset,
        end_time_unix_nano=nanoseconds(step.ended) + offset,
    )
    if step.attributes is not None:
        span.kind = Message.SPAN_KIND_CLIENT
        put(span.attributes, step.attributes)
    mark(span, failed=step.failed)


def put(attributes: Any, values: Mapping[str, Value]) -> None:
    """Write attributes into a message."""
    for name, value in values.items():
        pair = attributes.add()
        pair.key = name
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value


def mark(span: Message, *, failed: bool) -> None:
    """Say of a span that it failed; of one that didn't, nothing is said."""
    if failed:
        span.status.code = Status.STATUS_CODE_ERROR


def nanoseconds(seconds: float) -> int:
    """Seconds as whole nanoseconds."""
    return int(seconds * NANOSECONDS)


def clock_offset() -> int:
    """What makes time of the day of time.perf_counter, in nanoseconds.

    Both clocks are read one after the other, and what comes between them counts as an error: so the
    closest of a few readings is taken.
    """
    readings = []
    for _ in range(5):
        before, now, after = time.perf_counter_ns(), time.time_ns(), time.perf_counter_ns()
        readings.append((after - before, now - (before + after) // 2))
    return min(readings)[1]


def rejected(body: bytes) -> int:
    """How many spans a receiver says it has refused of a message that it has taken."""
    try:
        response = ExportTraceServiceResponse.FromString(body)
    except Exception:
        return 0
    return int(response.partial_success.rejected_spans)
