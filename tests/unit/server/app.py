"""An ASGI application whose every path does one thing, and which keeps what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from passerelle.server.server import Server
from passerelle.server.settings import ServerSettings
from tests.unit.server.client import Clock

LARGE = 1_000_000  # bytes
UNREAD = ("/early", "/unread", "/refused")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """What it answers to each path.

    /held     the body, once `proceed` is set
    /late     the same, but reads the body only then
    /early    401, without reading the body
    /unread   the same, once `proceed` is set
    /refused  the same at once, with LARGE bytes
    /large    LARGE bytes
    /broken   nothing: it raises
    /silent   nothing: it returns
    /…        the body, or the status of what reading it met: 408 or 400
    """

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.cancelled: list[str] = []  # paths
        self.proceed = asyncio.Event()

    @property
    def paths(self) -> list[str]:
        """What it was asked, in order."""
        return [scope["path"] for scope in self.scopes]

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        self.scopes.append(scope)
        try:
            await self._answer(scope["path"], receive, send)
        except asyncio.CancelledError:
            self.cancelled.append(scope["path"])
            raise

    async def _answer(self, path: str, receive: Receive, send: Send) -> None:
        if path == "/broken":
            raise RuntimeError("broken")
        if path == "/silent":
            return
        if path in ("/late", "/unread"):
            await self.proceed.wait()
        status, body = (401, b"") if path in UNREAD else await read(receive)
        if path == "/held":
            await self.proceed.wait()
        await respond(send, status, bytes(LARGE) if path in ("/large", "/refused") else body)


async def read(receive: Receive) -> tuple[int, bytes]:
    """A status, and the body as far as it came."""
    body, more = b"", True
    try:
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
    except TimeoutError:
        return 408, body
    except OSError:
        return 400, body
    return 200, body


async def respond(send: Send, status: int, body: bytes) -> None:
    """Send an answer."""
    headers = [(b"Content-Length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(app: App, clock: Clock, max_connections: int = 10, **environ: str) -> Server:
    """A server of the application by the test's clock, with settings of these variables."""
    options = ServerSettings.read(environ)
    server = Server(app, options, asyncio.get_running_loop(), max_connections)
    server.now = clock
    return server
