"""Requests out of a connection's bytes: their heads, checked, and the parts of their bodies."""

import math
from typing import TYPE_CHECKING

import httptools

from passerelle.server import head as heads
from passerelle.server import request_target
from passerelle.server.head import Head, RefusedError

if TYPE_CHECKING:
    from passerelle.server.connection import Connection


FRAMING = 16  # bytes beside each part of a body that a client needs to send it


class RequestParser:
    """One connection's, which is told of each head, part of a body, and end."""

    def __init__(self, connection: "Connection") -> None:
        self.head_began = math.inf  # seconds of the loop's clock; infinite outside of a head
        self._connection = connection
        self._parser = httptools.HttpRequestParser(self)
        self._head = Head()
        self._unparsed = 0  # bytes of the head, or of a body's framing beyond what it needs

    @property
    def is_in_head(self) -> bool:
        """Whether a part of a head is there."""
        return self.head_began < math.inf

    def feed(self, data: bytes) -> None:
        """Parse what arrived.

        Raises:
            RefusedError: it is no request that may be answered.
        """
        self._unparsed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            reason = error.__context__
            if isinstance(reason, RefusedError):
                raise reason from None
            raise heads.malformed(str(error)) from None
        if self.is_in_head:
            heads.check_size(self._head, self._unparsed)
        elif self._unparsed > heads.MAX_HEAD:
            raise heads.overhead()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request on as HTTP/1.1: its parser has left out the body, and ends here."""
        method, version = self._parser.get_method(), self._parser.get_http_version()
        if method == b"CONNECT":
            raise RefusedError(501, "CONNECT is for proxies, and this is none.")
        self._parser = httptools.HttpRequestParser(self)
        self.feed(self._head.without_upgrade(method, version) + rest)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request's first byte."""
        self._head, self._unparsed = Head(), 0
        self.head_began = self._connection.server.now()
        self._connection.begin_head(self.head_began)

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        self._head.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that follows a body is dropped."""
        if self.head_began < math.inf:
            self._head.add(name, value)
        else:
            heads.check_trailer(name)
            self._head.size += len(name) + len(value)
            heads.check_size(self._head, self._head.size)

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self._connection.ends or self._parser.should_upgrade():
            return
        method, version = self._parser.get_method(), self._parser.get_http_version()
        self.head_began, self._unparsed = math.inf, 0
        heads.check(self._head, version)
        request_target.check(self._head, method)
        keep_alive = self._parser.should_keep_alive()
        self._connection.begin_call(method.decode(), self._head, version, keep_alive=keep_alive)

    def on_body(self, chunk: bytes) -> None:
        """A part of a body."""
        self._unparsed = max(0, self._unparsed - 2 * len(chunk) - FRAMING)
        self._connection.feed_body(chunk)

    def on_message_complete(self) -> None:
        """A request's last byte."""
        self._connection.end_body()
