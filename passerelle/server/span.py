"""One request's record: its ids, how long each step took, and its line in the access log."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any, Self

from passerelle.protocol import trace
from passerelle.server import log
from passerelle.server.recording import Details, RecordedStep, Recording


class Step:
    """A block of code that is timed; it comes with every request, so it is no generator."""

    __slots__ = ("_began", "_name", "_span")

    def __init__(self, span: "Span", name: str) -> None:
        self._span, self._name = span, name

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        ended, span = time.perf_counter(), self._span
        span.steps[self._name] = span.steps.get(self._name, 0.0) + ended - self._began
        if span.recording is not None:
            span.recording.add(self._recorded(ended, span.trace.span_id))

    def _recorded(self, ended: float, parent_id: str) -> RecordedStep:
        """What a trace viewer is told of it, as a child of the span of that id."""
        return RecordedStep(self._name, self._began, ended, parent_id)


class Branch(Step):
    """A step with a trace of its own, in which it is the parent of what is done inside.

    `name` is the step's among the times, `recorded_as` its name for a trace viewer. With
    `attributes` it is a request to another process, which they say something about.
    """

    __slots__ = ("_recorded_as", "attributes", "trace")

    def __init__(
        self, span: "Span", name: str, recorded_as: str, attributes: Details | None
    ) -> None:
        super().__init__(span, name)
        self.trace = span.trace if span.recording is None else span.trace.below()
        self.attributes = attributes
        self._recorded_as = recorded_as

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self.attributes is not None and kind is not None:
            self.attributes.setdefault("error.type", kind.__name__)
        super().__exit__(kind, *rest)

    def set_status(self, status: int) -> None:
        """Say what the other process answered."""
        if self.attributes is not None:
            self.attributes["http.response.status_code"] = status
            if status >= 400:
                self.attributes["error.type"] = str(status)

    def _recorded(self, ended: float, parent_id: str) -> RecordedStep:
        attributes = self.attributes
        return RecordedStep(
            self._recorded_as, self._began, ended, parent_id, self.trace.span_id, attributes,
            failed=attributes is not None and "error.type" in attributes,
        )  # fmt: skip


@dataclasses.dataclass(slots=True)
class Span:
    """Lives as long as its request, and belongs to it alone."""

    trace: trace.Trace
    started: float
    steps: dict[str, float] = dataclasses.field(default_factory=dict)  # name -> seconds
    downstream: str = ""  # the Server-Timing of the service behind
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)  # for the access log
    # What metrics, traces and usage go by: `caller`, the id, and `model`, once it is found.
    attributes: dict[str, str] = dataclasses.field(default_factory=dict)
    answer_headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)  # more of them

    recording: Recording | None = None  # for a trace viewer; None: it isn't sampled

    def step(self, name: str) -> Step:
        """Time what runs inside as the step `name`."""
        return Step(self, name)

    def branch(self, name: str) -> Branch:
        """The same for what has steps of its own, of a span with the branch's `trace`."""
        return Branch(self, name, name, None)

    def hop(self, name: str, method: str, service: str) -> Branch:
        """The same for a request to another process, in whose headers its `trace` goes."""
        if self.recording is None:
            return Branch(self, name, method, None)
        about: Details = {"http.request.method": method, "server.address": service}
        return Branch(self, name, method, about)

    def add(self, steps: Mapping[str, float]) -> None:
        """Count seconds of steps that were timed elsewhere, such as in other threads."""
        for name, seconds in steps.items():
            self.steps[name] = self.steps.get(name, 0.0) + seconds

    @property
    def times(self) -> dict[str, float]:
        """The steps that have ended, copied at once: a thread may go on after its client left."""
        return self.steps.copy()

    @property
    def server_timing(self) -> str:
        """The Server-Timing header: this hop's steps, then those of the hop behind."""
        own = [f"{name};dur={seconds * 1000:.2f}" for name, seconds in self.times.items()]
        return ", ".join([*own, self.downstream] if self.downstream else own)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What an answer says of its request: the ids, and where the time went."""
        found = [
            ("X-Request-ID", self.trace.request_id),
            ("traceparent", self.trace.traceparent),
            *self.answer_headers,
        ]
        timing = self.server_timing
        return [*found, ("Server-Timing", timing)] if timing else found

    def write_log(self, service: str, method: str, path: str, status: int) -> None:
        """Write the request's line. Query values and credentials are never in it."""
        log.write(
            "ERROR" if status >= 500 else "INFO",
            f"{method} {path} {status}",
            service=service,
            **log.of_trace(self.trace),
            method=method,
            path=path,
            status=status,
            duration_ms=milliseconds(time.perf_counter() - self.started),
            steps_ms={name: milliseconds(seconds) for name, seconds in self.times.items()},
            **self.fields,
        )


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)
