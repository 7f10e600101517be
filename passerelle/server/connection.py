"""One client's connection on the event loop: its requests, one after another, each an ASGI call.

A connection is at one of these points, and each has its deadline:

    idle       between two requests: keep_alive
    head       a request's line and headers arrive: head_timeout, from the first byte on
    body       the application waits for the body: body_timeout, and min_rate after GRACE
    answering  the application has its own limits
    sending    the client takes the response, or what is ready of it: min_rate after GRACE
    leftover   an early answer was sent, the rest of the body is read and dropped: LEFTOVER_TIMEOUT

Beside this object, clients hold bodies and answers, whose bytes are limited for all together.
"""

import asyncio
import collections
import math
from typing import TYPE_CHECKING, cast

from passerelle.server import head as heads
from passerelle.server.call import Call
from passerelle.server.head import Head, RefusedError
from passerelle.server.request_parser import RequestParser
from passerelle.server.sending import Sending

if TYPE_CHECKING:
    from passerelle.server.server import Server

LEFTOVER_TIMEOUT = 2.0  # seconds that the rest of a body is read which nobody wants
MAX_PIPELINED = 32  # requests that came before the one ahead of them was answered


class Connection(asyncio.Protocol):
    """Takes requests, and calls the application for one at a time, in their order."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.deadline = math.inf  # seconds of the loop's clock; the server looks now and then
        self.ends = False  # nothing more is read as a request
        self._parser = RequestParser(self)
        self._calls: collections.deque[Call] = collections.deque()  # the first is being answered
        self._receiving: Call | None = None  # whose body arrives
        self._refusal: RefusedError | None = None  # what came last, after which nothing is read
        self._sending = Sending(server)
        # An answer is being taken, whose deadline counts; part of one was sent, and not all of it.
        self._is_sending = self._is_streaming = False
        self._body_deadline = math.inf  # while the application waits for a body

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        if self.server.admit(self):
            self._wait_for_head()
        else:
            self._refuse(heads.busy())
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
        try:
            if not self.ends:
                self._parser.feed(data)
        except RefusedError as refusal:
            self._refuse(refusal)

    def pause_writing(self) -> None:
        """The client doesn't take what is written."""
        self._sending.block(self.transport.get_write_buffer_size())
        self.server.set_blocked(self, self._sending.size)
        if self._is_streaming:
            self._watch_streaming()

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        self._sending.unblock()
        self.server.set_unblocked(self)
        if self._is_streaming:
            self._watch_streaming()
        elif self._calls and not self._calls[0].started:
            self._start_next()

    # What the parser calls.

    def begin_head(self, now: float) -> None:
        """A request's first byte."""
        if not self._calls:
            self.server.set_busy(self)
            self.deadline = now + self.server.options.head_timeout

    def begin_call(self, method: str, head: Head, version: str, *, keep_alive: bool) -> None:
        """The head is there: the application is called, or the request waits for those before."""
        self._receiving = call = Call(self, method, head, version, keep_alive=keep_alive)
        self._calls.append(call)
        if len(self._calls) == 1:
            self._start_next()
        else:
            self.transport.pause_reading()
            self.ends = len(self._calls) > MAX_PIPELINED

    def feed_body(self, chunk: bytes) -> None:
        """A part of a body."""
        if self._receiving:
            self._receiving.feed(chunk)

    def end_body(self) -> None:
        """A request's last byte."""
        call, self._receiving = self._receiving, None
        if call:
            call.end_body()
            if call.answered:
                self._finish()
            elif call is self._calls[0]:
                self.set_body_deadline(math.inf)

    # What a call needs.

    def set_body_deadline(self, deadline: float) -> None:
        """The application waits for a body until then; math.inf where it has it, or does not."""
        self._body_deadline = self.deadline = deadline
        if self._is_streaming:
            self._watch_streaming()

    def write(self, response: bytes, body: bytes) -> None:
        """Send the response to the first call, which was the whole of it."""
        self.transport.writelines((response, body))
        self._sending.begin(len(response) + len(body))
        self._end_answer()

    async def write_part(self, *data: bytes) -> None:
        """Send a part of the response to the first call; wait while its client takes no more."""
        self._is_streaming = True
        if data:
            self.transport.writelines(data)
        if self._sending.is_blocked or self.transport.is_closing():
            await self._sending.wait()

    def end_parts(self) -> None:
        """The last part of the first call's answer was written."""
        self._is_streaming = False
        self._sending.begin(self.transport.get_write_buffer_size())
        self._end_answer()

    def _end_answer(self) -> None:
        """The first call is answered: what is left of its body is read and dropped."""
        if self._receiving is self._calls[0]:
            self.deadline = self.server.now() + LEFTOVER_TIMEOUT
            self.transport.resume_reading()
            if self.ends and not self.transport.is_closing():
                self.transport.write_eof()
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
        return self._calls[0].keep_alive and (more or not (self.ends or self.server.draining))

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
        if self._sending.is_blocked:
            self._watch_sending()
            return
        self.read_on()
        self.deadline = math.inf
        self._calls[0].start()

    def read_on(self) -> None:
        """Read what comes behind the first call, unless another waits there."""
        if len(self._calls) == 1 and not self.transport.is_closing():
            self.transport.resume_reading()

    def _wait_for_head(self) -> None:
        """Between two requests, once the client has taken the answer."""
        self.transport.resume_reading()
        self._watch_sending()
        if self._is_sending:
            return
        if self._parser.is_in_head:  # part of the next one is there
            self.deadline = self._parser.head_began + self.server.options.head_timeout
        else:
            self.server.set_idle(self)
            self.deadline = self.server.now() + self.server.options.keep_alive

    def _close(self) -> None:
        """Close, once the client has taken what was written."""
        self.ends = True
        self.transport.close()
        self._watch_sending()

    def _watch_sending(self) -> None:
        """Give the client a deadline, if it hasn't taken all that was written."""
        self._is_sending = (left := self.transport.get_write_buffer_size()) > 0
        if left:
            self.deadline = self._sending.watch(left)

    def _watch_streaming(self) -> None:
        """Give the client two deadlines: for its body, and to take the answer meanwhile."""
        left = self.transport.get_write_buffer_size() if self._sending.is_blocked else 0
        self.deadline = min(self._body_deadline, self._sending.watch(left))

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self._is_streaming:
            self._expire_streaming(now)
        elif self._is_sending:
            self._expire_sending(now)
        elif self._calls and self._calls[0].answered:  # the rest of its body doesn't come
            self._close()
        elif self._calls:
            self._fail_body()
        elif self._parser.is_in_head:
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

    def _expire_streaming(self, now: float) -> None:
        """A body should have come by now, or what is ready of an answer should have been taken."""
        self._watch_streaming()
        if self._sending.deadline <= now:
            self.transport.abort()
        elif self._body_deadline <= now:
            self._fail_body()

    def _fail_body(self) -> None:
        """The first call's body doesn't come in time."""
        self.ends = True
        self.set_body_deadline(math.inf)
        self._calls[0].fail(TimeoutError())

    def _break_off(self, reason: str = "") -> None:
        """The body that arrives doesn't go on."""
        self.ends = True
        if self._receiving and self._receiving.answered:
            self._close()
        elif self._receiving:
            self._receiving.fail(ConnectionError(reason))

    def _refuse(self, refusal: RefusedError) -> None:
        """Answer what isn't a request that the application could answer, after those before it."""
        self.ends = True
        if self._receiving:
            self._break_off(refusal.problem.detail)
        elif self._calls:
            self._refusal = refusal
        else:
            self._write_refusal(refusal)

    def _write_refusal(self, refusal: RefusedError) -> None:
        """Send the refusal; read on for a moment, so that the client sees it, and close."""
        self.transport.write(refusal.encoded())
        self.transport.write_eof()
        self._parser.head_began, self._refusal, self._is_sending = math.inf, None, False
        self.deadline = self.server.now() + LEFTOVER_TIMEOUT
