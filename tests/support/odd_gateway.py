"""A server in a gateway's place: its answers are a test's, the last one again and again."""

import contextlib
import dataclasses
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import Message

Answer = Callable[["Handler"], None]


@dataclasses.dataclass(frozen=True)
class Request:
    """What a client sent."""

    path: str
    headers: Message
    body: bytes


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    protocol_version = "HTTP/1.1"
    answers: list[Answer]
    received: list[Request]

    def do_POST(self) -> None:  # the base class's name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.received.append(Request(self.path, self.headers, body))
        with contextlib.suppress(OSError):  # the client may be gone
            (self.answers.pop(0) if self.answers[1:] else self.answers[0])(self)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Server:
    """One that runs: its address, and what it was sent."""

    def __init__(self, url: str, received: list[Request]) -> None:
        self.url, self.received = url, received


@contextlib.contextmanager
def running(answers: Sequence[Answer]) -> Iterator[Server]:
    """A server that gives these answers, one after another, and is gone after the block."""
    received = list[Request]()
    made = type("Made", (Handler,), {"answers": [*answers], "received": received})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), made)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", received)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def json_answer(document: object, status: int = 200, **headers: str) -> Answer:
    """An object as JSON, as a gateway gives it."""
    body = json.dumps(document).encode()
    named = {"Content_Type": "application/json", "X_Request_ID": "r1"} | headers
    return lambda handler: handler.send(status, body, **named)


def busy(status: int, seconds: str) -> Answer:
    """A problem that says when to come back."""
    kind = "application/problem+json"
    return json_answer({"detail": "Busy."}, status, Content_Type=kind, Retry_After=seconds)


def _silent(_: Handler) -> None:
    time.sleep(2.5)


def _trickle(handler: Handler) -> None:
    handler.send(200, b"{", Content_Length="1000", Content_Type="application/json")
    for _ in range(50):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def _not_http(handler: Handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    handler.close_connection = True


def _half(handler: Handler) -> None:
    handler.send(200, b'{"category": ', Content_Length="100", Content_Type="application/json")
    handler.close_connection = True


_PREDICTION = {"class_id": 3, "label": "cat", "score": 0.5}
CAT = json_answer({"category": "cat", "predictions": [_PREDICTION]})
SILENT: Answer = _silent
TRICKLE: Answer = _trickle
NOT_HTTP: Answer = _not_http
HALF: Answer = _half
HTML: Answer = lambda handler: handler.send(200, b"<html>", Content_Type="text/html")  # noqa: E731
MOVED: Answer = lambda handler: handler.send(302, b"", Location="https://other.test/")  # noqa: E731
BAD_GZIP: Answer = lambda handler: handler.send(200, b"{}", Content_Encoding="gzip")  # noqa: E731
