"""An application that is asked in memory, as its server would call it (ASGI)."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import Headers

from passerelle.server.application import Application


@dataclasses.dataclass(frozen=True)
class Answer:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers["Content-Type"].partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: Application,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    path: str | None = None,
    peer: str = "",
) -> Answer:
    """The response to one request, whose target is its path and query."""
    start, *parts = await messages(app, method, target, body, headers, path, peer)
    decoded = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Answer(start["status"], Headers(decoded), b"".join(each["body"] for each in parts))


async def messages(
    app: Application,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    path: str | None = None,
    peer: str = "",
) -> list[dict[str, Any]]:
    """All that the application says to one request. A target that is encoded has a path beside."""
    sent_path, _, query = target.partition("?")
    given = {"Host": "test", "Content-Length": str(len(body))} | dict(headers or {})
    scope = {
        "type": "http",
        "method": method,
        "path": sent_path if path is None else path,
        "query_string": query.encode(),
        "target": target.encode(),
        "client": (peer, 1) if peer else None,
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent
