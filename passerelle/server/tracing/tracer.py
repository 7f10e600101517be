"""What a process records of its requests, by OpenTelemetry's conventions, and where it goes.

Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence

import passerelle
from passerelle.protocol import sampling
from passerelle.server import redaction
from passerelle.server.messages import Request
from passerelle.server.recording import RecordedRequest, Recording, Value
from passerelle.server.settings import ServerSettings
from passerelle.server.tracing.exporter import Exporter
from passerelle.server.tracing.receiver import NotTakenError, Receiver

HEALTH = ("/health/", "/v2/health/")  # paths of checks that come all the time
METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
OTHER = "_OTHER"  # in place of any other method


class Tracer:
    """Of one process, where spans are sent from; `put` hands a request on to be sent."""

    def __init__(
        self, sampler: sampling.Sampler, exporter: Exporter, clock: Callable[[], float]
    ) -> None:
        self.sampler, self.exporter, self._clock = sampler, exporter, clock

    def record(self, request: Request, status: int) -> None:
        """Have a request sent that has ended, if it was recorded."""
        span = request.span
        if span.recording is None or request.path.startswith(HEALTH):
            return
        self.exporter.put(recorded(request, span.recording, status, self._clock()))


@contextlib.asynccontextmanager
async def running(tracer: Tracer | None) -> AsyncIterator[None]:
    """Send what is recorded as long as the block runs, and what is left after it."""
    if tracer is None:
        yield
        return
    tracer.exporter.start()
    try:
        yield
    finally:
        await asyncio.to_thread(tracer.exporter.stop)


def recorded(request: Request, recording: Recording, status: int, ended: float) -> RecordedRequest:
    """A request as it is sent: who asked what, and what became of it, without what was in it."""
    span = request.span
    method = request.method if request.method in METHODS else OTHER
    route = request.route.partition("{below:path}")[0] or span.attributes.get("route", "")
    attributes: dict[str, Value] = {
        "http.request.method": method,
        "url.scheme": "http",
        "url.path": redaction.redacted(request.path),
        "http.response.status_code": status,
        "passerelle.request.id": span.trace.request_id,
    }
    if route:
        attributes["http.route"] = route
    if status >= 500:
        attributes["error.type"] = str(status)
    for name, key in (("model", "passerelle.model.id"), ("caller", "passerelle.caller.id")):
        if found := span.attributes.get(name):
            attributes[key] = found
    if cache := span.fields.get("cache"):
        attributes["passerelle.cache"] = str(cache)
    if recording.left_out:
        attributes["passerelle.steps.left_out"] = recording.left_out
    name = "HTTP" if method == OTHER else method
    return RecordedRequest(
        name=f"{name} {route}" if route else name,
        trace=span.trace,
        began=span.started,
        ended=ended,
        attributes=attributes,
        steps=tuple(recording.steps),
        failed=status >= 500,
    )


def of(service: str, options: ServerSettings) -> Tracer | None:
    """The tracer of a process, if its settings say where spans go; only then is OTLP imported."""
    if not options.traces_url:
        return None
    from passerelle.server.tracing import otlp

    receiver = Receiver(options.traces_url, options.traces_headers)
    made_by = resource(service, options)

    def encode(requests: Sequence[RecordedRequest]) -> bytes:
        return otlp.encode(requests, made_by, otlp.clock_offset())

    def deliver(message: bytes, timeout: float) -> None:
        if count := otlp.rejected(receiver.send(message, timeout)):
            raise NotTakenError(f"it refuses {count} spans", retry=False)

    return Tracer(options.sampler, Exporter(encode, deliver), time.perf_counter)


def resource(service: str, options: ServerSettings) -> dict[str, Value]:
    """What the spans of a process have in common."""
    return {
        "service.namespace": "passerelle",
        "service.version": passerelle.__version__,
        "service.instance.id": str(uuid.uuid4()),
        **options.resource_attributes,
        "service.name": options.service_name
        or options.resource_attributes.get("service.name", service),
    }
