"""A request to a service, its response, and what goes wrong between them.

ConnectionError
├── UnreachableError   no connection: the service has seen nothing of the request
└── BrokenError        the connection ended before the response did, or it is no HTTP
    └── TooLargeError  we ended it: the response has more bytes than are taken
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Self

WITH_CONTENT = ("PATCH", "POST", "PUT")  # methods whose requests say that they have no body

Parts = AsyncGenerator[bytes, None]
Credentials = Callable[[], Awaitable[Mapping[str, str]]]


class UnreachableError(ConnectionError):
    """No connection could be made: the service has seen nothing of the request."""


class CredentialsError(ConnectionError):
    """What a request needs beside its own headers can't be had, so that nothing was sent."""


class BrokenError(ConnectionError):
    """The connection ended before the response did, or what came is not HTTP."""


class TooLargeError(BrokenError):
    """The response has more bytes than are taken."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A request to a service."""

    method: str
    target: str  # path and query, below the service's own path
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)  # secrets too
    body: bytes = b""

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same with these headers, in place of its own of the same names."""
        names = {name.lower() for name in headers}
        kept = {name: self.headers[name] for name in self.headers if name.lower() not in names}
        return dataclasses.replace(self, headers=kept | dict(headers))

    def head(self, host: str, path: str = "") -> bytes:
        """The line and the headers, as they are sent to a host, below a path."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return (
            f"{self.method} {path}{self.target} HTTP/1.1\r\nHost: {host}\r\n{lines}"
            f"{self.framing}\r\n"
        ).encode("latin-1")

    @property
    def framing(self) -> str:
        """The header that says where the body ends."""
        return f"Content-Length: {len(self.body)}\r\n"


@dataclasses.dataclass(frozen=True, slots=True)
class StreamedRequest(Request):
    """A request whose body is sent as its parts come, or that has none."""

    parts: Parts | None = None
    length: int | None = None  # bytes of all parts; None: nobody knows yet

    @property
    def framing(self) -> str:
        """The header that says where the body ends, if it has any."""
        if self.length is not None:
            return f"Content-Length: {self.length}\r\n"
        if self.parts:
            return "Transfer-Encoding: chunked\r\n"
        return "Content-Length: 0\r\n" if self.method in WITH_CONTENT else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Response:
    """A service's whole response."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def media_type(self) -> str:
        """Its Content-Type without parameters, in lower case; empty where it has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclasses.dataclass(frozen=True, slots=True)
class StreamedResponse(Response):
    """A response whose head has come, and whose body comes as its parts are taken."""

    parts: Parts
    host: str = ""  # and port, as the service was asked by them

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same with these headers alone."""
        return dataclasses.replace(self, headers=headers)

    async def read(self, limit: int) -> Response:
        """The whole response.

        Raises:
            TooLargeError: its body is larger than `limit` bytes.
            BrokenError: it breaks off.
            TimeoutError
        """
        chunks, size = [], 0
        async for part in self.parts:
            chunks.append(part)
            size += len(part)
            if size > limit:
                raise TooLargeError("the response is too large")
        framing = ("content-length", "transfer-encoding")
        headers = {name: self.headers[name] for name in self.headers if name not in framing}
        return Response(self.status, headers, b"".join(chunks))

    async def beginning(self, limit: int, seconds: float) -> bytes:
        """So many bytes of the body at most, as far as it comes within so many seconds."""
        found = b""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(seconds):
                async for part in self.parts:
                    found += part
                    if len(found) >= limit:
                        break
        return found[:limit]


def remaining(deadline: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
