"""One request of a connection, as an ASGI application is called with it."""

import asyncio
import contextlib
import http
import math
import socket
import struct
from typing import TYPE_CHECKING, Any

from passerelle.protocol import problems
from passerelle.server import log, request_target
from passerelle.server.head import Head
from passerelle.server.response_framing import ResponseFraming
from passerelle.server.sending import GRACE

if TYPE_CHECKING:
    from passerelle.server.connection import Connection

MAX_UNREAD = 262_144  # bytes of a body that are held before the application asks for them
REASONS = {each.value: each.phrase.encode() for each in http.HTTPStatus} | {
    status: title.encode() for status, title in problems.TITLES.items()
}
_NO_LINGER = struct.pack("ii", 1, 0)  # <sys/socket.h>: what is unsent is dropped at the end


class Call:
    """One request, its body as it arrives, and the task that answers it."""

    def __init__(
        self, connection: "Connection", method: str, head: Head, version: str, *, keep_alive: bool
    ) -> None:
        self.keep_alive, self.answered = keep_alive, False
        self._connection, self._method, self._head = connection, method, head
        self._version = version
        self._expects = version == "1.1" and bool(head.get(b"expect"))
        self._waited = 0.0  # seconds that the application waited for the body
        self._chunks: list[bytes] = []
        self._unread = self._received = 0  # bytes
        self._complete = False
        self._error: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._start: dict[str, Any] = {}
        self._framing: ResponseFraming | None = None  # of an answer in parts
        self._task: asyncio.Task[None] | None = None

    @property
    def started(self) -> bool:
        """Whether the application was called."""
        return self._task is not None

    def start(self) -> None:
        """Call the application."""
        server = self._connection.server
        peer = self._connection.transport.get_extra_info("peername")
        target = request_target.parse(self._head.url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": self._version,
            "method": self._method,
            "scheme": "http",
            "path": target.path,
            "raw_path": target.raw_path,
            "query_string": target.query,
            "root_path": "",
            "headers": self._head.headers,
            "target": target.sent,
            "client": peer[:2] if isinstance(peer, tuple) else None,
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
        if self._unread > MAX_UNREAD:  # however much the loop finds before the application goes on
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
        while not (self._chunks or self._complete or self._error):
            await self._wait_for_body()
        if self._error:
            raise self._error
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks, self._unread = [], 0
        if self._complete:
            self._connection.read_on()  # also to see that the client hangs up
        return {"type": "http.request", "body": body, "more_body": not self._complete}

    async def _wait_for_body(self) -> None:
        """Wait until more of the body is there, or no more will be."""
        connection, now = self._connection, self._connection.server.now
        if self._expects:
            self._expects = False
            connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.transport.resume_reading()
        began = now()
        connection.set_body_deadline(began + self._patience())
        self._waiter = connection.server.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        self._waited += now() - began
        connection.set_body_deadline(math.inf)

    def _patience(self) -> float:
        """The seconds that more of the body is waited for now: what the client has left of them.

        A body that is larger than those which are kept whole may take as long as it keeps its rate.
        """
        options = self._connection.server.options
        by_rate = GRACE + self._received / options.min_rate - self._waited
        waited = self._waited if self._received <= options.max_body else 0.0
        return min(by_rate, options.body_timeout - waited)

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's: the start of the response, then its body, whole or in parts."""
        if message["type"] == "http.response.start":
            self._start = message
        elif self._framing or message.get("more_body"):
            await self._send_part(message["body"], more=message.get("more_body", False))
        elif not self._connection.transport.is_closing():
            self.answered, self._chunks = True, []
            self._connection.write(self._encoded_head(), message["body"])

    async def _send_part(self, part: bytes, *, more: bool) -> None:
        """Send a part; return once the client is ready for the next. It may be empty.

        Raises:
            ValueError: there are more parts, or fewer, than the length that was stated.
        """
        framing = self._framing
        head: tuple[bytes, ...] = ()
        if framing is None:
            framing = self._framing = ResponseFraming(
                self._method, self._start["status"], self._version, self._start["headers"]
            )
            self.keep_alive = self.keep_alive and not framing.ends_by_close
            head = (self._encoded_head(*framing.headers),)
        data = (*head, *framing.encode(part), *(() if more else framing.end()))
        await self._connection.write_part(*data)
        if not more:
            self.answered, self._chunks = True, []
            self._connection.end_parts()

    def _encoded_head(self, *more: bytes) -> bytes:
        """The response's line and headers, with more lines of the framing."""
        status, connection = self._start["status"], self._connection
        lines = [
            b"HTTP/1.1 %d %s" % (status, REASONS.get(status, b"")),
            b"Date: " + connection.server.date,
            *(name + b": " + value for name, value in self._start["headers"]),
            *more,
        ]
        if not connection.stays:
            lines.append(b"Connection: close")
        elif self._version == "1.0":
            lines.append(b"Connection: keep-alive")
        return b"\r\n".join([*lines, b"", b""])

    def _done(self, task: "asyncio.Task[None]") -> None:
        """The application has returned. Where it left its answer unfinished, the client sees it."""
        if not task.cancelled() and (error := task.exception()):
            log.write("ERROR", "unforeseen error", reason=repr(error))
        if not self.answered:
            self._cut_off()

    def _cut_off(self) -> None:
        """End the connection so that what was sent can't be taken for the whole."""
        transport = self._connection.transport
        if self._framing and self._framing.ends_by_close:  # an ordinary end would be the body's
            with contextlib.suppress(OSError):
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
                )
        transport.abort()
