"""The ids a request carries from hop to hop: the request id and the W3C trace context.

Source: W3C Trace Context, https://www.w3.org/TR/trace-context/ (version 00).
"""

import dataclasses
import random
import re
from collections.abc import Mapping

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
CLOUD = re.compile(r"(?P<trace>[0-9a-f]{32})(/\d{1,20})?(;o=(?P<sampled>[01]))?")
TRACESTATE_MAXIMUM = 512  # characters; a longer one may be dropped, says the specification


@dataclasses.dataclass(frozen=True)
class Trace:
    """Where a request stands in its trace. `span_id` is this hop's own."""

    request_id: str
    trace_id: str
    span_id: str
    flags: str
    tracestate: str

    @property
    def traceparent(self) -> str:
        """The header for the next hop, and for the answer."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes to the next hop: this hop's span becomes the next one's parent."""
        headers = {"X-Request-ID": self.request_id, "traceparent": self.traceparent}
        return headers | ({"tracestate": self.tracestate} if self.tracestate else {})


def read(headers: Mapping[str, str]) -> Trace:
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
        cloud = CLOUD.fullmatch(headers.get("x-cloud-trace-context", ""))
        if cloud and cloud["trace"] != "0" * 32:
            return Trace(request_id, cloud["trace"], span_id, f"0{cloud['sampled'] or 0}", "")
        return Trace(request_id, drawn[48:], span_id, "00", "")
    tracestate = headers.get("tracestate", "")
    if len(tracestate) > TRACESTATE_MAXIMUM:
        tracestate = ""
    return Trace(request_id, parent["trace"], span_id, parent["flags"], tracestate)


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
