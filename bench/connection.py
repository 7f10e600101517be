"""One kept HTTP/1.1 connection to a server, with as little work as the protocol allows."""

import json
import socket
import urllib.parse
from collections.abc import Callable
from typing import IO, Any

from bench import predict_request
from bench.workload import Workload

TIMEOUT = 30.0  # seconds
SHOWN_BYTES = 500  # of a wrong answer's body, in the error

Connect = Callable[..., Any]  # an address and a timeout -> a connected socket


class AnswerError(Exception):
    """Any answer but a 200 with a class, of the right model; the text holds it."""


class Connection:
    """One connection that stays open. One thread uses it."""

    def __init__(self, workload: Workload, connect: Connect = socket.create_connection) -> None:
        at = urllib.parse.urlsplit(workload.url)
        self._model = workload.model
        self._socket = connect((at.hostname, at.port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers: IO[bytes] = self._socket.makefile("rb")

    def close(self) -> None:
        """Close the connection."""
        self._answers.close()
        self._socket.close()

    def send(self, request: bytes) -> int:
        """Send a whole request, read and check its answer; give the number of the top class.

        Raises:
            AnswerError
        """
        self._socket.sendall(request)
        status, body = self._answer()
        try:
            if status == 200:
                answer = json.loads(body)
                if not self._model or answer["model"] == self._model:
                    return predict_request.top_class(answer)
        except (ValueError, LookupError, TypeError):
            pass
        raise AnswerError(f"{status} {body[:SHOWN_BYTES].decode(errors='replace')}")

    def _answer(self) -> tuple[int, bytes]:
        """The next answer's status and body, whether it states its length or comes in chunks."""
        status, headers = self._line(), {}
        while line := self._line():
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b"".join(iter(self._chunk, b""))
        elif b"content-length" in headers:
            body = self._answers.read(int(headers[b"content-length"]))
        else:
            raise AnswerError(f"{status!r} came without a length")
        return int(status.split()[1]), body

    def _chunk(self) -> bytes:
        """The next chunk of an answer in chunks; empty at its end."""
        content = self._answers.read(int(self._line(), 16))
        self._line()
        return content

    def _line(self) -> bytes:
        """The next line, without its end."""
        line = self._answers.readline()
        if not line.endswith(b"\r\n"):
            raise AnswerError("the connection was closed in place of an answer")
        return line[:-2]
