"""A receiver of OTLP over HTTP, which takes spans, refuses them, or keeps its sender waiting."""

import contextlib
import dataclasses
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from tests.support import stack

ERROR = 2  # a span's status


@dataclasses.dataclass(frozen=True)
class Span:
    """A span as it arrived."""

    service: str
    resource: dict[str, Any]
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    began: int  # nanoseconds
    ended: int
    attributes: dict[str, Any]
    failed: bool

    def is_within(self, other: "Span", tolerance: int = 2_000_000) -> bool:
        """Whether it lies in another's time; two processes' clocks differ by so many ns at most.

        Who is asked by another process ends after its answer is sent, and maybe after it is read.
        """
        begins = other.began - tolerance <= self.began <= other.ended + tolerance
        ends = self.began <= self.ended <= other.ended + tolerance
        return begins and (ends or self.service != other.service)


class Receiver:
    """What it got, and what it answers; `status` and `seconds` may be set meanwhile.

    `tries` has the sender's name for each message that came, whatever becomes of it.
    """

    def __init__(self, port: int) -> None:
        self.port, self.status, self.seconds = port, 200, 0.0
        self.tries: list[str] = []
        self.messages: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.spans: list[Span] = []

    @property
    def environ(self) -> dict[str, str]:
        """What has a process send its spans here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}"}

    def of_trace(self, trace_id: str) -> list[Span]:
        return [each for each in self.spans if each.trace_id == trace_id]

    def wait_for(self, trace_id: str, count: int = 1, seconds: float = 15) -> list[Span]:
        """The spans of a trace, once there are so many."""
        stack.wait_for(lambda: len(self.of_trace(trace_id)) >= count, seconds)
        return self.of_trace(trace_id)

    def wait_for_another_try(self, service: str) -> None:
        """Until a process of this name has sent one more message."""
        before = self.tries.count(service)
        stack.wait_for(lambda: self.tries.count(service) > before, 20)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        assert path == "/v1/traces"
        assert headers["content-type"] == "application/x-protobuf"
        assert headers["content-encoding"] == "gzip"
        message = gzip.decompress(body)
        self.messages.append(message)
        self.headers.append(headers)
        self.spans += spans(message)


def spans(message: bytes) -> Iterator[Span]:
    """The spans of a message."""
    for of_process in ExportTraceServiceRequest.FromString(message).resource_spans:
        resource = values(of_process.resource.attributes)
        for scope in of_process.scope_spans:
            for each in scope.spans:
                yield Span(
                    service=resource["service.name"],
                    resource=resource,
                    name=each.name,
                    kind=Message.SpanKind.Name(each.kind).removeprefix("SPAN_KIND_").lower(),
                    trace_id=each.trace_id.hex(),
                    span_id=each.span_id.hex(),
                    parent_id=each.parent_span_id.hex(),
                    began=each.start_time_unix_nano,
                    ended=each.end_time_unix_nano,
                    attributes=values(each.attributes),
                    failed=each.status.code == ERROR,
                )


def values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextlib.contextmanager
def running(port: int = 0) -> Iterator[Receiver]:
    """One at a port, or at any."""
    found = Receiver(port or stack.free_port())
    left = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.tries.append(next(spans(gzip.decompress(body))).service)
            left.wait(found.seconds)
            if found.status == 200:
                found.take(self.path, headers, body)
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", found.port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield found
        finally:
            left.set()
            server.shutdown()
