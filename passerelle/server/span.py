"""One request's record: its ids, how long each step took, and its line in the access log."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from passerelle.protocol import trace
from passerelle.server import log


class Step:
    """A block of code that is timed; it comes with every request, so it is no generator."""

    __slots__ = ("_begin", "_name", "_steps")

    def __init__(self, steps: dict[str, float], name: str) -> None:
        self._steps, self._name = steps, name

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        elapsed = time.perf_counter() - self._begin
        self._steps[self._name] = self._steps.get(self._name, 0.0) + elapsed


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

    def step(self, name: str) -> "Step":
        """Time what runs inside as the step `name`."""
        return Step(self.steps, name)

    def add(self, steps: Mapping[str, float]) -> None:
        """Count seconds of steps that were timed elsewhere, such as in other threads."""
        for name, seconds in steps.items():
            self.steps[name] = self.steps.get(name, 0.0) + seconds

    @property
    def server_timing(self) -> str:
        """The Server-Timing header: this hop's steps, then those of the hop behind."""
        own = [f"{name};dur={seconds * 1000:.2f}" for name, seconds in self.steps.items()]
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
            request_id=self.trace.request_id,
            trace_id=self.trace.trace_id,
            span_id=self.trace.span_id,
            trace_flags=self.trace.flags,
            method=method,
            path=path,
            status=status,
            duration_ms=milliseconds(time.perf_counter() - self.started),
            steps_ms={name: milliseconds(seconds) for name, seconds in self.steps.items()},
            **self.fields,
        )


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)
