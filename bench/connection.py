"""Posting pictures over one kept connection, with as little work as HTTP/1.1 allows."""

import json
import socket
import urllib.parse

from bench import load_generator

TIMEOUT = 30.0  # seconds


class PostError(Exception):
    """Any answer but a 200 of the right model; the text holds it."""


class Connection:
    """One connection that stays open. One thread uses it."""

    def __init__(self, order: load_generator.Order) -> None:
        at = urllib.parse.urlsplit(order.target)
        self.model = order.model
        self.head = (
            f"POST /model/{order.model}/predict HTTP/1.1\r\nHost: {at.netloc}\r\n"
            f"X-API-Key: {order.key}\r\nContent-Type: image/jpeg\r\nContent-Length: "
        ).encode()
        self.socket = socket.create_connection((at.hostname, at.port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def post(self, picture: bytes) -> None:
        """Send one picture and check its answer.

        Raises:
            PostError
        """
        self.socket.sendall(b"%s%d\r\n\r\n%s" % (self.head, len(picture), picture))
        status, body = self.answer()
        if status != 200 or json.loads(body)["model"] != self.model:
            raise PostError(f"{status} {body.decode(errors='replace')}")

    def answer(self) -> tuple[int, bytes]:
        """The next answer's status and body, however its length is told.

        Raises:
            PostError: the connection was closed, or the answer doesn't say how long it is.
        """
        status, headers = self.line(), {}
        while line := self.line():
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b"".join(iter(self.chunk, b""))
        elif b"content-length" in headers:
            body = self.answers.read(int(headers[b"content-length"]))
        else:
            raise PostError(f"{status!r} came without a length")
        return int(status.split()[1]), body

    def chunk(self) -> bytes:
        """The next chunk of an answer in chunks; empty at its end."""
        content = self.answers.read(int(self.line(), 16))
        self.line()
        return content

    def line(self) -> bytes:
        """The next line, without its end.

        Raises:
            PostError: the connection was closed.
        """
        line = self.answers.readline()
        if not line.endswith(b"\r\n"):
            raise PostError("the connection was closed in place of an answer")
        return line[:-2]
