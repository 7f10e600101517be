"""One client's connection on the event loop: its requests, one after another, each an ASGI call.

A connection is at one of these points, and each has its deadline:

    idle       between two requests: keep_alive
    head       a request's line and headers arrive: head_timeout, from the first byte on
    body       the application waits for the body: body_timeout, and min_rate after GRACE
    answering  the application has its own limits
    sending    the client takes the response: min_rate after GRACE
    leftover   an early answer was sent, the rest of the body is read and dropped: LEFTOVER_TIMEOUT

Beside this object, clients hold bodies and answers, whose bytes are limited for all together.
"""

import asyncio
import collections
import math
from typing import TYPE_CHECKING, cast

import httptools

from passerelle.server import head as heads
from passerelle.server.call import Call
from passerelle.server.head import Head, RefusedError

if TYPE_CHECKING:
    from passerelle.server.server import Server

GRACE = 10.0  # seconds before a slow client's rate counts
LEFTOVER_TIMEOUT = 2.0  # seconds that the rest of a body is read which nobody wants
MAX_PIPELINED = 32  # requests that came before the one ahead of them was answered


class Connection(asyncio.Protocol):
    """Parses requests; calls the application for one at a time, in their order."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.deadline = math.inf  # seconds of the loop's clock; the server looks now and then
        self._parser = httptools.HttpRequestParser(self)
        self._calls: collections.deque[Call] = collections.deque()  # the first is being answered
        self._receiving: Call | None = None  # whose body arrives
        self._head = Head()
        self._head_began = math.inf  # seconds of the loop's clock
        self._unparsed = 0  # bytes since the head began or a part of a body came, at least
        self._refusal: RefusedError | None = None  # what came last, after which nothing is read
        self._ends = False  # nothing more is read as a request
        self._is_blocked = False  # the client takes no more answers for now
        self._is_sending = False  # the deadline is that of an answer being taken
        self._written = (0.0, 0)  # when the last answer was written, and how many bytes

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        if self.server.admit(self):
            self._wait_for_head()
        else:
            busy = "Too many connections are open. Try again shortly."
            self._refuse(RefusedError(503, busy, {"Retry-After": "1"}))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's
        """The client is gone, and its requests are given up at once."""
        self.server.forget(self)
        for call in self._calls:
            call.cancel()
        self._calls.clear()

    def eof_received(self) -> bool:
        """The client sends no more: its body breaks off, or else nobody waits for an answer."""
        if self._receiving is None:
            return False
        self._break_off()
        self._receiving = None
        return True

    def data_received(self, data: bytes) -> None:
        """Parse what arrived."""
        if self._ends:
            return
        self._unparsed += len(data)
        try:
            self._parser.feed_data(data)
            if self._head_began < math.inf or self._unparsed > heads.MAX_HEAD:
                heads.check_size(self._head, self._unparsed)
        except RefusedError as refusal:
            self._refuse(refusal)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            reason = error.__context__
            self._refuse(
                reason if isinstance(reason, RefusedError) else heads.malformed(str(error))
            )

    def pause_writing(self) -> None:
        """The client doesn't take what is written."""
        self._is_blocked = True
        self.server.set_blocked(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        self._is_blocked = False
        self.server.set_unblocked(self)
        if self._calls and not self._calls[0].started:
            self._start_next()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request's first byte."""
        self._head, self._unparsed = Head(), 0
        self._head_began = self.server.now()
        if not self._calls:
            self.server.set_busy(self)
            self.deadline = self._head_began + self.server.options.head_timeout

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        self._head.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. One that follows a body isn't any that was asked for."""
        if self._head_began < math.inf:
            self._head.add(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: the application is called, or the request waits for those before."""
        if self._ends or self._parser.should_upgrade():
            return
        version = self._parser.get_http_version()
        self._head_began = math.inf
        heads.check(self._head, version)
        keep_alive = self._parser.should_keep_alive()
        method = self._parser.get_method().decode()
        call = Call(self, method, self._head, version, keep_alive=keep_alive)
        self._receiving = call
        self._calls.append(call)
        if len(self._calls) == 1:
            self._start_next()
        else:
            self.transport.pause_reading()
            self._ends = len(self._calls) > MAX_PIPELINED

    def on_body(self, chunk: bytes) -> None:
        """A part of a body."""
        self._unparsed = 0
        if self._receiving:
            self._receiving.feed(chunk)

    def on_message_complete(self) -> None:
        """A request's last byte."""
        call, self._receiving = self._receiving, None
        if call:
            call.end_body()
            if call.answered:
                self._finish()
            elif call is self._calls[0]:
                self.deadline = math.inf

    # What a call needs.

    def wait_for_body(self, began: float, received: int) -> None:
        """The application waits for a body, of which so many bytes came since `began`."""
        options = self.server.options
        by_rate = began + GRACE + received / options.min_rate
        self.deadline = min(began + options.body_timeout, by_rate)

    def write(self, response: bytes, body: bytes) -> None:
        """Send the response to the first call, which was the whole of it."""
        self.transport.writelines((response, body))
        self._written = (self.server.now(), len(response) + len(body))
        if self._receiving is self._calls[0]:
            self.deadline = self.server.now() + LEFTOVER_TIMEOUT
            self.transport.resume_reading()
        else:
            self._finish()

    @property
    def is_answering(self) -> bool:
        """Whether a request is being answered, or its answer taken."""
        return bool(self._calls) or self.transport.get_write_buffer_size() > 0

    @property
    def stays(self) -> bool:
        """Whether the connection says more after the first call's answer."""
        more = len(self._calls) > 1 or self._refusal is not None
        return self._calls[0].keep_alive and (more or not (self._ends or self.server.draining))

    # Its own.

    def _finish(self) -> None:
        """The first call is over: on to the next, or to the end."""
        stays = self.stays
        self._calls.popleft()
        if not stays:
            self._close()
        elif self._calls:
            self._start_next()
        elif self._refusal:
            self._write_refusal(self._refusal)
        else:
            self._wait_for_head()

    def _start_next(self) -> None:
        """Call the application, once the client has taken the answers before."""
        if self._is_blocked:
            self._watch_sending()
            return
        if len(self._calls) == 1:
            self.transport.resume_reading()
        self.deadline = math.inf
        self._calls[0].start()

    def _wait_for_head(self) -> None:
        """Between two requests, once the client has taken the answer."""
        self.transport.resume_reading()
        self._watch_sending()
        if self._is_sending:
            return
        if self._head_began < math.inf:  # part of the next one is there
            self.deadline = self._head_began + self.server.options.head_timeout
        else:
            self.server.set_idle(self)
            self.deadline = self.server.now() + self.server.options.keep_alive

    def _close(self) -> None:
        """Close, once the client has taken what was written."""
        self._ends = True
        self.transport.close()
        self._watch_sending()

    def _watch_sending(self) -> None:
        """Give the client a deadline, if it hasn't taken all that was written."""
        left = self.transport.get_write_buffer_size()
        self._is_sending = left > 0
        if left:
            since, total = self._written
            sent = max(0, total - left)
            self.deadline = since + GRACE + sent / self.server.options.min_rate

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self._is_sending:
            self._expire_sending(now)
        elif self._calls and self._calls[0].answered:  # the rest of its body doesn't come
            self._close()
        elif self._calls:
            self._ends, self.deadline = True, math.inf
            self._calls[0].fail(TimeoutError())
        elif self._head_began < math.inf:
            self._refuse(heads.late())
        else:
            self._close()

    def _expire_sending(self, now: float) -> None:
        """An answer should have been taken by now."""
        self._watch_sending()
        if self._is_sending and self.deadline <= now:
            self.transport.abort()
        elif not self._is_sending and not self._calls:
            self._wait_for_head()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request on as HTTP/1.1: its parser has left out the body, and ends here."""
        method, version = self._parser.get_method(), self._parser.get_http_version()
        if method == b"CONNECT":
            self._refuse(RefusedError(501, "CONNECT is for proxies, and this is none."))
            return
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(self._head.without_upgrade(method, version) + rest)

    def _break_off(self) -> None:
        """The body that arrives doesn't go on."""
        self._ends = True
        if self._receiving and self._receiving.answered:
            self._close()
        elif self._receiving:
            self._receiving.fail(ConnectionError())

    def _refuse(self, refusal: RefusedError) -> None:
        """Answer what isn't a request that the application could answer, after those before it."""
        self._ends = True
        if self._receiving:
            self._break_off()
        elif self._calls:
            self._refusal = refusal
        else:
            self._write_refusal(refusal)

    def _write_refusal(self, refusal: RefusedError) -> None:
        """Send the refusal; read on for a moment, so that the client sees it, and close."""
        self.transport.write(refusal.encoded())
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._head_began, self._refusal, self._is_sending = math.inf, None, False
        self.deadline = self.server.now() + LEFTOVER_TIMEOUT
