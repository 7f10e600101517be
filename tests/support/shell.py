"""A process of ours as its clients see it: raw bytes over a connection, and its memory."""

import dataclasses
import re
import socket
import time
from pathlib import Path

from tests.support import stack

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Process:
    """A running process, and what a body may be posted to in it."""

    port: int
    path: str
    key: str = "none"

    def head(self, length: int) -> bytes:
        """The head of a post."""
        lines = [f"POST {self.path} HTTP/1.1", "Host: a", f"X-API-Key: {self.key}"]
        return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def worker(self) -> int:
        """The number of gunicorn's worker."""
        bind = f"PASSERELLE_BIND=127.0.0.1:{self.port}"
        pids = [int(each.name) for each in Path("/proc").glob("[0-9]*")]
        found = [pid for pid in pids if bind in stack.environ(pid).split("\0")]
        return next(pid for pid in found if not stack.children(pid))


def answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer: its status, its headers (in lower case) and its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += receive(client)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += receive(client)
    return int(lines[0].split()[1]), headers, body


def receive(client: socket.socket) -> bytes:
    chunk = client.recv(1 << 16)
    assert chunk, "the connection was closed in place of an answer"
    return chunk


def ask(process: Process, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own."""
    with process.connect() as client:
        client.sendall(request)
        return answer(client)


def drip(client: socket.socket, seconds: float) -> float:
    """Send a byte now and then until an answer comes or the connection ends; how long it took."""
    began = time.monotonic()
    client.settimeout(0.1)
    while time.monotonic() - began < seconds:
        try:
            client.recv(1, socket.MSG_PEEK)
            break
        except TimeoutError:
            client.sendall(b"x")
    client.settimeout(5)
    return time.monotonic() - began


def resident(pid: int) -> int:
    """Resident memory in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1024
