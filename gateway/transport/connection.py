"""One connection to a service. httptools, around the parser of Node.js, reads the responses."""

import asyncio
import select
from typing import TYPE_CHECKING, cast

import httptools

from gateway.transport import response_head
from gateway.transport.messages import BrokenError, Response, TooLargeError
from passerelle.protocol import answers

if TYPE_CHECKING:
    from gateway.transport.stream import Stream

MAX_RESPONSE_SIZE = answers.MAX_BYTES + 100_000  # bytes, with its headers
MAX_HEAD_SIZE = 1_000_000  # bytes that come before any of a response's body


class Connection(asyncio.Protocol):
    """One connection, on which one request at a time waits for its response.

    The parser calls the methods `on_…`.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.is_open = False
        self.idle_since = 0.0  # seconds of time.monotonic
        self.stream: Stream | None = None  # that has the connection in place of `send`
        self._readable = select.poll()
        self._response: asyncio.Future[Response] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self.is_open = True
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def connection_lost(self, exc: Exception | None) -> None:
        """The service closed it, or we did."""
        self.is_open = False
        if self.stream:
            self.stream.end(exc)
        else:
            self._fail(exc or BrokenError("the response broke off"))

    def pause_writing(self) -> None:
        """The service doesn't take what is written."""
        if self.stream:
            self.stream.block()

    def resume_writing(self) -> None:
        """The service has taken most of it."""
        if self.stream:
            self.stream.unblock()

    def data_received(self, data: bytes) -> None:
        """A part of the response; what nobody asked for ends the connection."""
        if self.stream:
            self.stream.feed(data)
            return
        self._size += len(data)
        limit = MAX_RESPONSE_SIZE if self._chunks else MAX_HEAD_SIZE
        if self._response is None:
            self._fail(BrokenError("the response was not asked for"))
            return
        if self._size > limit:
            self._fail(TooLargeError("the response is too large"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BrokenError(f"this is not HTTP/1.1: {error}"))

    def on_message_begin(self) -> None:
        """A response, or one after an interim one (1xx). What nobody asked for is the last."""
        self._headers, self._chunks = {}, []
        if self._response is None or self._response.done():
            self.is_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes twice is joined, as RFC 9110 section 5.3 allows."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers = self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """The head of a response."""
        status, version = self._parser.get_status_code(), self._parser.get_http_version()
        response_head.check(status, version, self._headers.get("transfer-encoding"))

    def on_body(self, chunk: bytes) -> None:
        """A part of the body."""
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """The end of the response, unless it was an interim one."""
        status = self._parser.get_status_code()
        if status < 200 or self._response is None or self._response.done():
            return
        self.is_open = self._parser.should_keep_alive()
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._response.set_result(Response(status, self._headers, body))

    @property
    def is_idle(self) -> bool:
        """Whether the service keeps the connection: an idle one has nothing to read but its end.

        The system knows of that end before the event loop comes to see it.
        """
        return self.is_open and not self._readable.poll(0)

    async def send(self, head: bytes, body: bytes, seconds: float) -> Response:
        """Send a request and wait for the whole response.

        Raises:
            BrokenError, TimeoutError, OSError
        """
        loop = asyncio.get_running_loop()
        self._size, self._response = 0, loop.create_future()
        timer = loop.call_later(seconds, self._fail, TimeoutError())
        self.transport.writelines((head, body))
        try:
            return await self._response
        finally:
            timer.cancel()
            self._response = None

    def _fail(self, error: Exception) -> None:
        """End the connection, and the request that waits for a response."""
        self.is_open = False
        self.transport.abort()
        if self._response and not self._response.done():
            self._response.set_exception(error)
