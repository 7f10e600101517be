"""gunicorn's threaded worker, whose own errors are problems too."""

import http
import json
import secrets
import socket
import threading
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from passerelle.server import drain, log
from passerelle.server.deadline_socket import DeadlineSocket

HEAD_TIMEOUT = 10.0  # that a request's line and headers may take, from their first byte on
FIRST_READ = 1 << 14  # bytes
MAX_DRAIN_SECONDS = 3.0  # more than the gateway takes to ask again
QUIET_SECONDS = 0.15  # without a connection, after which nobody asks any more
RESPONSE_TIMEOUT = 120.0  # until the client must have taken its answer, from the same byte on


class ClientSocket(DeadlineSocket):
    """Sends the head of an answer together with its body, which gunicorn gives one by one."""

    head: bytes | None = None  # empty until it was given, None when nothing is held back

    def receive_first_bytes(self) -> bytes | None:
        """A request's first bytes; None where none come in POLL_INTERVAL, empty at the end."""
        try:
            return socket.socket.recv(self, FIRST_READ)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def hold_back_head(self) -> None:
        """Hold back the first thing to be sent."""
        self.head = b""

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send, but for the head, which goes with what comes next."""
        if self.head == b"":
            self.head = data
            return
        if self.head:
            data, self.head = self.head + data, None
        super().sendall(data, flags)

    def send_held_back(self) -> None:
        """Send what is still held back: a head that had no body."""
        head, self.head = self.head, None
        if head:
            super().sendall(head)


class _StatusRecorder:
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
        """Handle a request of a connection, and those that follow at once.

        To hand a connection back to gunicorn's loop and take it again costs two changes of thread,
        which under load is a third of what the gateway does.
        """
        stays = self._handle_one(conn)
        while stays is True and self._next_request_begins(conn):
            stays = self._handle_one(conn)
        return stays

    def _next_request_begins(self, conn: Any) -> bool:
        """Wait a moment for the connection's next request, unless another waits for a thread."""
        if not self.alive or not self.tpool._work_queue.empty():  # noqa: SLF001
            return False
        if conn.parser.unreader.buf.getbuffer().nbytes:
            return True  # it came with the last one
        begun = conn.sock.receive_first_bytes()
        if begun:
            conn.parser.unreader.unread(begun)
        return begun is not None

    def _handle_one(self, conn: Any) -> Any:
        """Handle one request of a connection, from its first byte."""
        if not isinstance(conn.sock, ClientSocket):
            conn.sock = ClientSocket.wrap(conn.sock)
        conn.sock.set_receive_timeout(HEAD_TIMEOUT)
        conn.sock.send_by = time.monotonic() + RESPONSE_TIMEOUT
        conn.sock.hold_back_head()
        stays = super().handle(conn)
        try:
            conn.sock.send_held_back()
        except OSError:  # the client is gone
            return False
        return stays

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn judge the error, then answer it as RFC 9457 problem details."""
        reply: Any = _StatusRecorder()
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


class DrainingWorker(Worker):
    """Before it stops, it says so and goes on serving until nobody asks any more.

    A worker that stops at once resets the connections that it hasn't accepted yet, whose requests
    nobody may send again. So whoever sends requests here gets the time to hear of it, and to close
    its connections: then nothing is on its way, and the worker stops. An answer that closes its
    connection says so the soonest.
    """

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to drain, at SIGTERM."""
        if not drain.stopping.is_set():
            drain.stopping.set()
            self.max_keepalived = 0  # so that each answer says Connection: close
            threading.Thread(target=self.drain, args=(sig, frame), daemon=True).start()

    def drain(self, sig: int, frame: Any) -> None:
        """Stop once no connection was open for QUIET_SECONDS, or after MAX_DRAIN_SECONDS."""
        now = busy = time.monotonic()
        end = now + MAX_DRAIN_SECONDS
        while now < end and now - busy < QUIET_SECONDS:
            time.sleep(0.01)
            now = time.monotonic()
            busy = now if self.nr_conns else busy
        super().handle_exit(sig, frame)
