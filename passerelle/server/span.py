"""One request's record: its ids, how long each step took, and its line in the access log."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.wsgi import ClosingIterator

from passerelle.protocol import trace
from passerelle.server import log

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ENVIRON_KEY = "passerelle.span"


@dataclasses.dataclass
class Span:
    """Lives as long as its request, and belongs to it alone."""

    trace: trace.Trace
    started: float
    steps: dict[str, float] = dataclasses.field(default_factory=dict)  # name -> seconds
    downstream: str = ""  # the Server-Timing of the service behind
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)  # for the access log
    status: int = 0

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what runs inside as the step `name`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.steps[name] = self.steps.get(name, 0.0) + time.perf_counter() - begin

    @property
    def server_timing(self) -> str:
        """The Server-Timing header: this hop's steps, then those of the hop behind."""
        own = [f"{name};dur={seconds * 1000:.2f}" for name, seconds in self.steps.items()]
        return ", ".join([*own, self.downstream] if self.downstream else own)


def current() -> Span:
    """The span of the request being answered."""
    span: Span = flask.request.environ[_ENVIRON_KEY]
    return span


class TracingMiddleware:
    """The outermost layer of an app: every answer, errors included, is traced, timed, logged.

    Only health checks, which come every second or two, have no line in the log.
    """

    def __init__(
        self, app: "WSGIApplication", service: str, write: Callable[..., None] = log.write
    ) -> None:
        self.app = app
        self.service = service
        self.write = write

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        span = Span(trace.read(environ), time.perf_counter())
        environ[_ENVIRON_KEY] = span

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            span.status = int(status[:3])
            headers.append(("X-Request-ID", span.trace.request_id))
            headers.append(("traceparent", span.trace.traceparent))
            if timing := span.server_timing:
                headers.append(("Server-Timing", timing))
            return start_response(status, headers, exc_info)

        answer = self.app(environ, start)
        if environ["PATH_INFO"].startswith("/health/"):
            return answer
        return ClosingIterator(answer, lambda: self.log(environ, span))

    def log(self, environ: "WSGIEnvironment", span: Span) -> None:
        """Write the request's line. Query values and credentials are never in it."""
        self.write(
            "ERROR" if span.status >= 500 else "INFO",
            f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {span.status}",
            service=self.service,
            request_id=span.trace.request_id,
            trace_id=span.trace.trace_id,
            span_id=span.trace.span_id,
            trace_flags=span.trace.flags,
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            status=span.status,
            duration_ms=milliseconds(time.perf_counter() - span.started),
            steps_ms={name: milliseconds(seconds) for name, seconds in span.steps.items()},
            **span.fields,
        )


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)
