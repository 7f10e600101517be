"""Requests as the tests of the HTTP shell need them, without a connection."""

from collections.abc import Mapping
from typing import Any, Self

from passerelle.protocol import trace
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.messages import Request
from passerelle.server.span import Span

BUDGET = 1_000_000  # bytes


class Body:
    """ASGI's `receive`: a body's parts one after another, and then perhaps an error."""

    def __init__(self, *parts: bytes, error: Exception | None = None) -> None:
        self.parts, self.error = list(parts), error

    async def __call__(self) -> dict[str, Any]:
        """The next part, or the error once there are no more."""
        if not self.parts and self.error:
            raise self.error
        part = self.parts.pop(0) if self.parts else b""
        return {
            "type": "http.request",
            "body": part,
            "more_body": bool(self.parts or self.error),
        }


class Interrupted(float):
    """A step's seconds: while somebody reads them, a thread ends another step of the span."""

    span: Span

    def __new__(cls, seconds: float, span: Span) -> Self:
        found = super().__new__(cls, seconds)
        found.span = span
        return found

    def __mul__(self, other: float) -> float:
        self.span.steps["late"] = 1.0
        return float(self) * other

    def __le__(self, other: float) -> bool:
        self.span.steps["late"] = 1.0
        return float(self) <= other


def request(
    method: str = "GET",
    path: str = "/",
    *parts: bytes,
    query: bytes = b"",
    headers: Mapping[str, str] | None = None,
    error: Exception | None = None,
    budget: ByteBudget | None = None,
) -> Request:
    """A request whose body comes in parts, and says its length unless its headers say another."""
    given = dict(headers or {})
    if parts and not {"content-length", "transfer-encoding"} & set(given):
        given["content-length"] = str(sum(len(each) for each in parts))
    span = Span(trace.read(given), 0.0)
    receive = Body(*parts, error=error)
    return Request(method, path, query, given, span, receive, budget or ByteBudget(BUDGET))
