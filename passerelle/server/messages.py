"""A request and its response, as the handlers on the event loop see them."""

import dataclasses
import urllib.parse
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from passerelle.server.byte_budget import ByteBudget
from passerelle.server.span import Span

Receive = Callable[[], Awaitable[dict[str, Any]]]
Parts = AsyncGenerator[bytes, None]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def to_nobody(_: dict[str, Any]) -> None:
    """Send a message to the client of a request that came over no connection."""


@dataclasses.dataclass(slots=True)
class Request:
    """A request whose head has arrived.

    Its body is read by `request_body.read`, or as it comes by `request_body.parts`. A handler
    returns the response, or sends it by `responses.send` and goes on.
    """

    method: str
    path: str  # percent-decoded, without the query
    query: bytes  # what stands behind the question mark
    headers: Mapping[str, str]  # names in lower case; what came twice is joined by a comma
    span: Span
    receive: Receive  # ASGI's
    budget: ByteBudget  # of the bodies of all requests
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)  # of the path
    route: str = ""  # the path as the application has it, with parameters by name; empty of Flask's
    held: int = 0  # bytes that it took of the budget
    received: int = 0  # bytes that were read of its body
    sent: int = 0  # bytes of the answer's body that were sent
    target: bytes = b""  # path and query as they were sent, percent-encoded
    send: Send = to_nobody  # ASGI's
    has_begun: bool = False  # whether a response is being sent, or was
    peer: str = ""  # the address of who connected: a client's, or a proxy's; empty of a socket
    addresses: tuple[str, ...] = ()  # the client's, then those of trusted proxies up to the peer's
    # What handlers on the event loop leave to functions of Flask: more members of WSGI's environ.
    environ: dict[str, Any] = dataclasses.field(default_factory=dict)
    when_sent: Callable[[], None] | None = None  # called once the answer was sent, if it was

    @property
    def sent_path(self) -> str:
        """The path as it was sent, percent-encoded."""
        return self.target.partition(b"?")[0].decode("latin-1")

    @property
    def values(self) -> dict[str, str]:
        """The query's first value of each name."""
        if not self.query:
            return {}
        pairs = urllib.parse.parse_qsl(self.query.decode(errors="replace"), keep_blank_values=True)
        return dict(reversed(pairs))

    @property
    def client(self) -> str:
        """The address of whoever asks; empty where none is known."""
        return self.addresses[0] if self.addresses else ""

    @property
    def media_type(self) -> str:
        """Its Content-Type without parameters, in lower case; empty where it has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclasses.dataclass(slots=True)
class Response:
    """A response. Whoever sends it adds its length, its trace and its times.

    Its body is whole, or comes in parts: those are sent one after another, each when the client has
    taken most of the one before, and closed when nobody takes them any more. Where they raise an
    error, the connection ends, so that the client sees that the body isn't whole.
    """

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    parts: Parts | None = None
    delay: float = 0.0  # seconds that it is kept back
