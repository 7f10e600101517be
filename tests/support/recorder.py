"""A backend that keeps each request it was sent and answers them all with two bytes.

Its reading is its own and simple: whatever a gateway lets through shows as what any server would
take it for.
"""

import contextlib
import dataclasses
import http.client
import itertools
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

from tests.support import stack

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_numbers = itertools.count(1)


def number() -> bytes:
    """The value of a header X-Number, by which a request that comes late is known as late."""
    return b"%d" % next(_numbers)


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request, as far as it came."""

    line: str
    headers: list[tuple[str, str]]  # names in lower case
    body: bytes
    is_whole: bool

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]

    @property
    def number(self) -> int | None:
        """Its X-Number, if it has one."""
        return next(map(int, self.values("x-number")), None)


class Recorder:
    """Its port, what it has seen, and what it answers by the last segment of the address.

    A gateway may have answered before what it sent here is read. So whoever looks waits for
    requests of which no more than the line has come, and a request with a header X-Number of
    before the last `clear` doesn't count.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, bytes] = {}
        self._seen: list[Seen] = []
        self._unread = self._cleared = 0
        self._lock = threading.Lock()

    @property
    def seen(self) -> list[Seen]:
        """The requests that came, once none is being read."""
        stack.wait_for(lambda: self._unread == 0, 10)
        return [each for each in self._seen if each.number is None or each.number > self._cleared]

    @property
    def lines(self) -> list[str]:
        """The lines of the requests that were seen."""
        return [each.line for each in self.seen]

    def clear(self) -> None:
        """Forget what came, once none is being read, and what is still on its way."""
        stack.wait_for(lambda: self._unread == 0, 10)
        self._cleared = int(number())
        self._seen.clear()

    @contextlib.contextmanager
    def reading(self) -> Iterator[list[Seen]]:
        """While the rest of a request is read; where to keep it."""
        with self._lock:
            self._unread += 1
        try:
            yield self._seen
        finally:
            with self._lock:
                self._unread -= 1


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        recorder: Recorder = self.server.recorder  # type: ignore[attr-defined]  # set by `running`
        with contextlib.suppress(OSError):
            while line := self.rfile.readline():
                with recorder.reading() as seen:
                    headers = http.client.parse_headers(self.rfile)
                    found = [(name.lower(), value) for name, value in headers.items()]
                    body, is_whole = self.body(headers)
                    seen.append(Seen(line.decode("latin-1").strip(), found, body, is_whole))
                name = line.split(b" ")[1].rpartition(b"/")[2].decode()
                self.wfile.write(recorder.answers.get(name, OK))
                if name in recorder.answers or not is_whole:
                    return

    def body(self, headers: Any) -> tuple[bytes, bool]:
        """The body, and whether it came to its end."""
        if "chunked" not in headers.get("transfer-encoding", ""):
            length = int(headers.get("content-length", 0))
            body = self.rfile.read(length)
            return body, len(body) == length
        body = b""
        while size := self.rfile.readline().strip():
            body += self.rfile.read(int(size, 16))
            self.rfile.readline()
            if int(size, 16) == 0:
                return body, True
        return body, False


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def running() -> Iterator[Recorder]:
    """One at a port of its own."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        recorder = Recorder(server.server_address[1])
        server.recorder = recorder  # type: ignore[attr-defined]  # its handlers' own
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield recorder
        server.shutdown()
