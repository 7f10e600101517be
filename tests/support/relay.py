"""What goes to a server, looked at on its way: a relay that passes bytes on and keeps heads."""

import contextlib
import re
import socket
import socketserver
import threading
import urllib.parse
from collections.abc import Iterable, Iterator

HEAD = re.compile(rb"(?:GET|POST) \S+ HTTP/1\.1\r\n.*?\r\n\r\n", re.DOTALL)


class Relay(socketserver.ThreadingTCPServer):
    """One, in front of a server."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        at = urllib.parse.urlsplit(url)
        self.server_at = (at.hostname or "", at.port or 80)
        self.sent: list[bytearray] = []  # what went to the server, by connection
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def heads(self) -> list[str]:
        """The line and the headers of each request so far."""
        return [head.decode("latin-1") for sent in self.sent for head in HEAD.findall(sent)]


class _Handler(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        sent = bytearray()
        self.server.sent.append(sent)
        with socket.create_connection(self.server.server_at) as server:
            back = threading.Thread(target=_copy, args=(server, self.request, bytearray()))
            back.start()
            _copy(self.request, server, sent)
            back.join()


def _copy(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    """Pass on what comes, until its end."""
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            kept += content
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def in_front_of(urls: Iterable[str]) -> Iterator[list[Relay]]:
    """A relay for each address."""
    with contextlib.ExitStack() as stopped:
        relays = [stopped.enter_context(Relay(url)) for url in urls]
        for each in relays:
            threading.Thread(target=each.serve_forever, args=(0.05,)).start()
            stopped.callback(each.shutdown)
        yield relays
