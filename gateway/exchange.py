"""One prediction request on its way through the gateway, without any web framework."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from passerelle.protocol import accept, timeout
from passerelle.protocol.trace import Trace
from passerelle.server.messages import Parts
from passerelle.server.span import Branch, Span

if TYPE_CHECKING:
    from gateway.split_route import Chosen

# What a model is asked for: the answer to a picture; or tensors, in the form of the Open Inference
# Protocol V2.
Operation = Literal["predict", "infer"]


@dataclasses.dataclass(frozen=True)
class Client:
    """What a request says about who sent it."""

    api_key: str  # the key's text; empty where the request has none
    key_in_query: bool  # a key was written into the address, where logs would show it
    addresses: tuple[str, ...] = ()  # its own, then those of the trusted proxies up to us; if known

    @property
    def address(self) -> str:
        """Its own address; empty where none is known."""
        return self.addresses[0] if self.addresses else ""


@dataclasses.dataclass(frozen=True, slots=True)
class AsSent:
    """What of a request goes on as it was sent, to a backend that takes any."""

    method: str
    below: str  # what stands behind the model's own address: path and query, percent-encoded
    parts: Parts | None = None  # its body as it comes; None: it has none, or it is read whole
    length: int | None = None  # bytes of all parts, if the client says so


@dataclasses.dataclass(slots=True)
class Exchange:
    """Made once, when the request's headers have arrived; belongs to that request alone.

    The pipeline fills in `protocol`, `card` and `is_streamed` once the request is known to be
    permitted and its model to be there; then the front end reads `payload`. Once nobody waits for
    the answer any more, the task that works on it is cancelled.
    """

    model_id: str
    client: Client
    headers: Mapping[str, str]  # the client's; names in lower case
    query: Mapping[str, str]  # the first value of each name
    span: Span  # its trace, and the time that each stage takes
    payload: bytes = b""  # the request's body: an encoded picture, a form or JSON
    operation: Operation = "predict"
    protocol: str = ""  # of the model's backend, as `/models` names it
    card: Mapping[str, Any] | None = None  # the model's; None where it has none, or none is known
    is_streamed: bool = False  # whether its body and the answer go through as they come
    chosen: "Chosen | None" = None  # who answers, where a split is asked
    via: str = ""  # what its requests to services say of the gateways before
    as_sent: AsSent | None = None  # where the model's backend takes requests as they are
    hop: Branch | None = None  # the step that asks the model's service, once that has begun

    @property
    def trace(self) -> Trace:
        """What the model's service is told of the trace that the request belongs to."""
        return self.hop.trace if self.hop else self.span.trace

    @property
    def timeout(self) -> float | None:
        """The seconds that the client gives the whole request, if it says so.

        Raises:
            InvalidRequest: its X-Request-Timeout holds no seconds.
        """
        return timeout.parse(self.headers.get(timeout.HEADER.lower()))

    @property
    def preferred(self) -> str:
        """The media type that the client would have the answer in; see protocol/accept.py."""
        return accept.preferred(self.headers.get("accept", ""))
