"""gunicorn's threaded worker, whose own errors are problems too."""

import errno
import http
import json
import math
import secrets
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from wire import log
from wire.deadline import DeadlineSocket

HEAD_SECONDS = 10.0  # that a request's line and headers may take, from their first byte on
ANSWER_SECONDS = 120.0  # until the client must have taken its answer, from the same byte on


class ClientSocket(DeadlineSocket):
    """A client's connection: one that never reads its answer doesn't hold a thread for good."""

    answer_by = math.inf  # seconds of time.monotonic

    def sendall(self, *given: Any) -> None:
        """Send, if there is time left for it."""
        left = self.answer_by - time.monotonic()
        if left <= 0:
            raise TimeoutError(errno.EPIPE, "the client doesn't read its answer")
        self.settimeout(left)
        super().sendall(*given)


class Reply:
    """Stands in for the client while gunicorn writes its HTML, which says which status it chose."""

    status = 500

    def gettimeout(self) -> float:
        """As of a socket that doesn't block."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Take the status line."""
        self.status = int(data.split(b" ", 2)[1])


class Worker(ThreadWorker):
    """Bounds the time that headers take, and answers what never was a request like any error."""

    def handle(self, conn: Any) -> Any:
        """Handle one request of a connection, from its first byte."""
        if not isinstance(conn.sock, ClientSocket):
            conn.sock = ClientSocket.around(conn.sock)
        conn.sock.answer_by = time.monotonic() + ANSWER_SECONDS
        conn.sock.limit(HEAD_SECONDS)
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn judge the error, then answer it as RFC 9457 problem details."""
        reply: Any = Reply()
        super().handle_error(req, reply, addr, exc)
        status, request_id = http.HTTPStatus(reply.status), secrets.token_hex(16)
        log.write("INFO", f"malformed request {status}", status=status, request_id=request_id)
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status,
            "detail": "The request is not well-formed HTTP/1.1, or its headers are too long.",
            "request_id": request_id,
        }
        body = json.dumps(problem) + "\n"
        head = (
            f"HTTP/1.1 {status} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
            f"X-Request-ID: {request_id}\r\n\r\n"
        )
        try:
            client.sendall((head + body).encode())
        except OSError:
            self.log.debug("the client is gone")
