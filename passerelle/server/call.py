"""One request of a connection, as an ASGI application is called with it."""

import asyncio
import http
from typing import TYPE_CHECKING, Any

from passerelle.protocol import problems
from passerelle.server import head as heads
from passerelle.server import log
from passerelle.server.head import Head

if TYPE_CHECKING:
    from passerelle.server.connection import Connection

MAX_UNREAD = 262_144  # bytes of a body that are held before the application asks for them
REASONS = {each.value: each.phrase.encode() for each in http.HTTPStatus} | {
    status: title.encode() for status, title in problems.TITLES.items()
}


class Call:
    """One request, its body as it arrives, and the task that answers it."""

    def __init__(
        self, connection: "Connection", method: str, head: Head, version: str, *, keep_alive: bool
    ) -> None:
        self.keep_alive, self.answered = keep_alive, False
        self._connection, self._method, self._head = connection, method, head
        self._version = version
        self._expects = version == "1.1" and bool(head.get(b"expect"))
        self._began = 0.0  # seconds of the server's clock
        self._chunks: list[bytes] = []
        self._unread = self._received = 0  # bytes
        self._complete = False
        self._error: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._start: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def started(self) -> bool:
        """Whether the application was called."""
        return self._task is not None

    def start(self) -> None:
        """Call the application."""
        server = self._connection.server
        self._began = server.now()
        path, raw_path, query = heads.target(self._head.url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": self._version,
            "method": self._method,
            "scheme": "http",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self._head.headers,
        }
        self._task = server.loop.create_task(server.app(scope, self.receive, self.send))
        self._task.add_done_callback(self._done)

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        if self._task:
            self._task.cancel()

    def fail(self, error: OSError) -> None:
        """The body doesn't come: the application's next `receive` raises."""
        self._error = error
        self._wake()

    def feed(self, chunk: bytes) -> None:
        """A part of the body arrived."""
        self._received += len(chunk)
        if self.answered:
            return
        self._chunks.append(chunk)
        self._unread += len(chunk)
        if self._waiter is None and self._unread > MAX_UNREAD:
            self._connection.transport.pause_reading()
        self._wake()

    def end_body(self) -> None:
        """The whole body arrived."""
        self._complete = True
        self._wake()

    def _wake(self) -> None:
        """Let the application go on that waits for the body."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> dict[str, Any]:
        """ASGI's: the next part of the body.

        Raises:
            TimeoutError: it comes too slowly.
            ConnectionError: it broke off, or its chunks aren't well formed.
        """
        connection = self._connection
        while not (self._chunks or self._complete or self._error):
            if self._expects:
                self._expects = False
                connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.transport.resume_reading()
            connection.wait_for_body(self._began, self._received)
            self._waiter = connection.server.loop.create_future()
            await self._waiter
            self._waiter = None
        if self._error:
            raise self._error
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks, self._unread = [], 0
        return {"type": "http.request", "body": body, "more_body": not self._complete}

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's: the start of the response, then its whole body."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        status, connection = self._start["status"], self._connection
        if connection.transport.is_closing():
            return
        lines = [
            b"HTTP/1.1 %d %s" % (status, REASONS.get(status, b"")),
            b"Date: " + connection.server.date,
            *(name + b": " + value for name, value in self._start["headers"]),
        ]
        if not connection.stays:
            lines.append(b"Connection: close")
        elif self._version == "1.0":
            lines.append(b"Connection: keep-alive")
        self.answered, self._chunks = True, []
        connection.write(b"\r\n".join([*lines, b"", b""]), message["body"])

    def _done(self, task: "asyncio.Task[None]") -> None:
        """The application has returned. One that did so without an answer is at fault."""
        if not task.cancelled() and (error := task.exception()):
            log.write("ERROR", "unforeseen error", reason=repr(error))
        if not self.answered:
            self._connection.transport.abort()
