"""One request and its response on a connection, both as they come.

Whoever is slow makes the other wait: the client's body is taken no faster than the service reads
it, and the response is read no faster than the client takes it. What is held of either is less than
a megabyte.

The service has a limit of time for each thing that only it can do: to take more of the body, and,
once it has all of it, to begin its response and to go on with it. Who else is slow, the client at
sending or at taking, costs it nothing.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httptools

from gateway.transport import response_head
from gateway.transport.messages import BrokenError, Parts, StreamedRequest, StreamedResponse

if TYPE_CHECKING:
    from gateway.transport.connection import Connection

MAX_UNTAKEN = 262_144  # bytes of a response that are held before reading waits
MAX_HEAD_SIZE = 65_536  # bytes
WITHOUT_BODY = (204, 304)  # statuses


class Stream:
    """Has its connection from the request's first byte to the response's last.

    The parser calls the methods `on_…`, the connection `feed`, `end`, `block` and `unblock`.
    """

    def __init__(
        self, connection: "Connection", request: StreamedRequest, seconds: float, host: str = ""
    ) -> None:
        self._connection, self._request = connection, request
        self._seconds, self._host = seconds, host
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._lines: list[tuple[str, str]] = []
        self._head_size = 0  # bytes that came before the head was whole
        self._status = 0  # of the response; 0: its head hasn't come
        self._chunks: list[bytes] = []
        self._untaken = 0  # bytes
        self._ends_by_close = False  # the end of the connection is that of the response
        self._is_sent = self._is_complete = self._is_blocked = False
        self._error: BaseException | None = None
        self._reader: asyncio.Future[None] | None = None  # who waits for more of the response
        self._writer: asyncio.Future[None] | None = None  # who waits to write more of the body
        self._moved = self._loop.time()  # when the service last did something, or was to begin
        self._timer = self._loop.call_later(seconds, self._check_time)
        connection.stream = self

    @contextlib.asynccontextmanager
    async def sending(self, head: bytes) -> AsyncIterator[StreamedResponse]:
        """Send the request; the response is there inside the block, as soon as its head is.

        A body goes on being sent meanwhile.

        Raises:
            BrokenError, TimeoutError, OSError; what the parts of the body raise.
        """
        self._connection.transport.write(head)
        parts = self._request.parts
        sender = self._loop.create_task(self._send(parts)) if parts else None
        self._is_sent = parts is None
        try:
            yield await self._response()
        finally:
            if sender:
                sender.cancel()
                await asyncio.wait([sender])
            self._close()

    def _close(self) -> None:
        """Give the connection back, which is good for more if both sides have ended."""
        self._timer.cancel()
        self._connection.stream = None
        if self._is_sent and self._is_complete and not self._error:
            self._connection.transport.resume_reading()
        else:
            self._connection.is_open = False

    # The request's body.

    async def _send(self, parts: Parts) -> None:
        """Send the parts as they come; what they raise is what became of the request."""
        is_chunked = self._request.length is None
        transport = self._connection.transport
        try:
            async with contextlib.aclosing(parts):
                async for part in parts:
                    if transport.is_closing():
                        return
                    chunk = (b"%x\r\n" % len(part), part, b"\r\n") if is_chunked else (part,)
                    transport.writelines(chunk)
                    self._move()
                    if self._is_blocked:
                        await self._wait_to_write()
            if is_chunked and not transport.is_closing():
                transport.write(b"0\r\n\r\n")
            self._is_sent = True
            self._move()
        except Exception as error:
            self._fail(error)

    async def _wait_to_write(self) -> None:
        """Wait until the service takes more."""
        self._writer = self._loop.create_future()
        await self._writer

    def block(self) -> None:
        """The service takes no more for now."""
        self._is_blocked = True

    def unblock(self) -> None:
        """The service has taken most of it."""
        self._is_blocked = False
        self._move()
        wake(self._writer)

    # The response.

    async def _response(self) -> StreamedResponse:
        """The response, once its head is there."""
        while not self._status:
            if self._error:
                raise self._error
            await self._wait_to_read()
        headers: dict[str, str] = {}
        for name, value in self._lines:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return StreamedResponse(self._status, headers, b"", self._parts(), self._host)

    async def _parts(self) -> Parts:
        """The parts of the response's body."""
        while True:
            if self._chunks:
                chunks, self._chunks, self._untaken = self._chunks, [], 0
                self._connection.transport.resume_reading()
                yield chunks[0] if len(chunks) == 1 else b"".join(chunks)
            elif self._is_complete:
                return
            elif self._error:
                raise self._error
            else:
                await self._wait_to_read()

    async def _wait_to_read(self) -> None:
        """Wait until more of the response is there, or no more will be."""
        self._move()
        self._reader = self._loop.create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    def feed(self, data: bytes) -> None:
        """A part of the response."""
        self._move()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BrokenError(f"this is not HTTP/1.1: {error}"))
        if not self._status:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD_SIZE:
                self._fail(BrokenError("the response's head is too large"))
        if self._untaken > MAX_UNTAKEN:
            self._connection.transport.pause_reading()

    def end(self, error: Exception | None) -> None:
        """The connection ended."""
        if error and not self._is_sent and not self._error:
            self._read_rest()
        if error is None and self._ends_by_close and not self._error:
            self._is_complete = True
            wake(self._reader)
        elif not self._is_complete:
            self._fail(error or BrokenError("the response broke off"))

    def _read_rest(self) -> None:
        """Read what the service said before it closed a connection on which a body was still sent.

        That writing failed is known first, and the event loop then reads no more.
        """
        transport = self._connection.transport
        if transport.get_extra_info("sslcontext"):
            return
        with contextlib.suppress(OSError):
            descriptor = os.dup(transport.get_extra_info("socket").fileno())
            with socket.socket(fileno=descriptor) as left:
                while data := left.recv(MAX_UNTAKEN, socket.MSG_DONTWAIT):
                    self.feed(data)

    def on_message_begin(self) -> None:
        """A response. One that follows the end is one that nobody asked for."""
        if self._status:
            self._connection.is_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. One that follows the body isn't passed on."""
        if not self._status:
            self._lines.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head of a response, or of an interim one (1xx), which is passed over."""
        status, version = self._parser.get_status_code(), self._parser.get_http_version()
        codings = [value for name, value in self._lines if name == "transfer-encoding"]
        response_head.check(status, version, ", ".join(codings) if codings else None)
        if status < 200 and not self._status:
            self._lines = []
            return
        if self._is_complete:
            return
        self._status = status
        if self._request.method == "HEAD":  # of whose length the parser can't know
            self._complete()
        else:
            names = {name for name, _ in self._lines}
            has_length = not names.isdisjoint({"content-length", "transfer-encoding"})
            self._ends_by_close = not has_length and status not in WITHOUT_BODY
        wake(self._reader)

    def on_body(self, chunk: bytes) -> None:
        """A part of the body. What follows the end ends the connection."""
        if self._is_complete:
            self._connection.is_open = False
            return
        self._chunks.append(chunk)
        self._untaken += len(chunk)
        wake(self._reader)

    def on_message_complete(self) -> None:
        """The end of the response, unless it was an interim one."""
        if self._status and not self._is_complete:
            self._complete()

    def _complete(self) -> None:
        """The whole response is there."""
        self._is_complete = True
        self._connection.is_open = self._parser.should_keep_alive()
        wake(self._reader)

    # Time, and what goes wrong.

    def _move(self) -> None:
        """The service has done something, or has something to do from now on."""
        self._moved = self._loop.time()

    @property
    def _is_due(self) -> bool:
        """Whether it is the service that everybody waits for."""
        return self._reader is not None and (self._is_sent or self._is_blocked)

    def _check_time(self) -> None:
        """End the request if the service's time is over; else look again when it may be."""
        passed = self._loop.time() - self._moved
        if self._is_due and passed >= self._seconds:
            self._fail(TimeoutError())
            return
        left = self._seconds - passed if self._is_due else self._seconds
        self._timer = self._loop.call_later(left, self._check_time)

    def _fail(self, error: BaseException) -> None:
        """End the connection, and whoever waits for it."""
        self._error = self._error or error
        self._connection.is_open = False
        self._connection.transport.abort()
        wake(self._reader)


def wake(waiter: "asyncio.Future[None] | None") -> None:
    """Let who waits go on."""
    if waiter and not waiter.done():
        waiter.set_result(None)
