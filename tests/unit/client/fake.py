"""What stands in for the network: a transport of httpx that answers from memory."""

import json
from collections.abc import Mapping
from typing import Self

import httpx

URL = "http://gateway.test"


class Network(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives its answers one after another, the last again and again, or raises one error.

    It keeps the requests that it was sent.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, Mapping[str, str]]] = []
        self.error: Exception | None = None
        self.requests: list[httpx.Request] = []
        self.closed = False

    def then(
        self, answer: object = None, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """One more answer: bytes, or an object as JSON."""
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers.append((status, body, headers or {}))
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.error:
            raise self.error
        status, body, headers = self.answers.pop(0) if self.answers[1:] else self.answers[0]
        return httpx.Response(status, headers=headers, content=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True

    def http(self) -> httpx.Client:
        """Connections that reach this network alone."""
        return httpx.Client(transport=self, trust_env=False)

    def http_async(self) -> httpx.AsyncClient:
        """The same on an event loop."""
        return httpx.AsyncClient(transport=self, trust_env=False)

    @property
    def paths(self) -> list[str]:
        """Where the requests went, as they were written, with what stood behind the `?`."""
        return [each.url.raw_path.decode() for each in self.requests]


def network(
    answer: object = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Network:
    """A network whose answer is bytes, or an object as JSON."""
    return Network().then(answer, status, headers)
