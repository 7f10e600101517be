"""A request and its response, as the handlers on the event loop see them."""

import dataclasses
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from passerelle.server.byte_budget import ByteBudget
from passerelle.server.span import Span

Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclasses.dataclass(slots=True)
class Request:
    """A request whose head has arrived. Its body is read by `request_body.read`."""

    method: str
    path: str  # percent-decoded, without the query
    query: bytes  # what stands behind the question mark
    headers: Mapping[str, str]  # names in lower case; what came twice is joined by a comma
    span: Span
    receive: Receive  # ASGI's
    budget: ByteBudget  # of the bodies of all requests
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)  # of the path
    held: int = 0  # bytes that it took of the budget

    @property
    def values(self) -> dict[str, str]:
        """The query's first value of each name."""
        if not self.query:
            return {}
        pairs = urllib.parse.parse_qsl(self.query.decode(errors="replace"), keep_blank_values=True)
        return dict(reversed(pairs))

    @property
    def media_type(self) -> str:
        """Its Content-Type without parameters, in lower case; empty where it has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclasses.dataclass(slots=True)
class Response:
    """A whole response. Whoever sends it adds its length, its trace and its times."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
