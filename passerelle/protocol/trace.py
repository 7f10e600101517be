"""The ids a request carries from hop to hop: the request id and the W3C trace context.

Sources: W3C Trace Context, levels 1 and 2, https://www.w3.org/TR/trace-context-2/ (version 00);
https://cloud.google.com/trace/docs/trace-context
"""

import dataclasses
import random
import re
from collections.abc import Mapping

from passerelle.protocol import sampling, tracestate
from passerelle.protocol.sampling import Sampler

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
CLOUD = re.compile(r"(?P<trace>[0-9a-f]{32})(/(?P<parent>\d{1,20}))?(;o=(?P<sampled>[01]))?")
SAMPLED, RANDOM = 1, 2  # the bits of the flags; whatever else comes doesn't go on
FLAGS = ("00", "01", "02", "03")  # those bits as they are written


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands in its trace. `span_id` is this hop's own."""

    request_id: str
    trace_id: str
    span_id: str
    flags: str
    tracestate: str
    parent_id: str = ""  # the span of who sent it; empty where it begins a trace

    @property
    def is_sampled(self) -> bool:
        """Whether it is recorded, or another hop said so."""
        return bool(int(self.flags, 16) & SAMPLED)

    @property
    def traceparent(self) -> str:
        """The header for the next hop, and for the answer."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes to the next hop: this hop's span becomes the next one's parent."""
        headers = {"X-Request-ID": self.request_id, "traceparent": self.traceparent}
        return headers | ({"tracestate": self.tracestate} if self.tracestate else {})

    def below(self) -> "Trace":
        """The same for a part of what this hop does, which has this hop's span as its parent."""
        return Trace(
            self.request_id, self.trace_id, new_span_id(), self.flags, self.tracestate, self.span_id
        )


def new_span_id() -> str:
    """An id that no other span has. It needs to be unlike them, not secret."""
    return f"{random.getrandbits(64) or 1:016x}"


def read(headers: Mapping[str, str], sampler: Sampler = sampling.NEVER) -> Trace:
    """Continue the trace of a request, or start one where it has none that is valid.

    The names of `headers` are in lower case.

    Without a valid traceparent, Google's older X-Cloud-Trace-Context is continued.

    A header sent twice arrives joined by a comma: not valid, so a new trace begins.
    """
    request_id = headers.get("x-request-id", "")
    drawn = f"{random.getrandbits(320):080x}"  # ids need to be unlike each other, not secret
    if not REQUEST_ID.fullmatch(request_id):
        request_id = drawn[:32]
    span_id = drawn[32:48]
    parent = parse(headers.get("traceparent", ""))
    if parent is None:
        return _without_traceparent(headers, request_id, span_id, drawn[48:], sampler)
    flags, trace_id = int(parent["flags"], 16), parent["trace"]
    is_sampled = sampler.samples(trace_id, parent=bool(flags & SAMPLED))
    state = tracestate.normalized(headers.get("tracestate", ""))
    return Trace(
        request_id, trace_id, span_id, FLAGS[flags & RANDOM | is_sampled], state, parent["parent"]
    )


def _without_traceparent(
    headers: Mapping[str, str], request_id: str, span_id: str, drawn: str, sampler: Sampler
) -> Trace:
    """Continue Google's trace, or start one with the id that was drawn."""
    cloud = CLOUD.fullmatch(headers.get("x-cloud-trace-context", ""))
    if cloud is None or cloud["trace"] == "0" * 32:
        flags = RANDOM | sampler.samples(drawn, parent=None)
        return Trace(request_id, drawn, span_id, FLAGS[flags], "")
    parent = int(cloud["parent"] or 0)
    decided = cloud["sampled"] == "1" if cloud["sampled"] else None
    is_sampled = sampler.samples(cloud["trace"], parent=decided)
    parent_id = f"{parent:016x}" if 0 < parent < 1 << 64 else ""
    return Trace(request_id, cloud["trace"], span_id, FLAGS[is_sampled], "", parent_id)


def parse(traceparent: str) -> re.Match[str] | None:
    """The parts `trace`, `parent` and `flags` of a valid traceparent, else None."""
    match = TRACEPARENT.fullmatch(traceparent)
    if match is None or match["version"] == "ff":
        return None
    if match["version"] == "00" and match["rest"]:
        return None
    if match["trace"] == "0" * 32 or match["parent"] == "0" * 16:
        return None
    return match
