"""A web server with pictures, and with all that is none, on ports 80 and 443 of every address.

    python picture_host.py PICTURE LOG CERTIFICATE

writes a line into LOG for each request: the address that it came to, its path and its headers.
"""

import gzip
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.parse
from pathlib import Path

CHUNK = bytes(1 << 16)
LARGE = 10 * 1000**3  # bytes


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path's first word."""

    protocol_version = "HTTP/1.1"
    picture: bytes
    log: Path

    def do_GET(self) -> None:
        """Note the request and answer it."""
        url = urllib.parse.urlsplit(self.path)
        line = {
            "host": self.request.getsockname()[0],
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        with self.log.open("a") as file:
            file.write(json.dumps(line) + "\n")
        query = dict(urllib.parse.parse_qsl(url.query))
        getattr(self, url.path.strip("/").partition(".")[0], self.missing)(query)

    def cat(self, _: dict[str, str]) -> None:
        """A picture."""
        self.answer(200, self.picture, content_type="image/png")

    def to(self, query: dict[str, str]) -> None:
        """Send the client elsewhere."""
        self.answer(int(query.get("status", "302")), b"elsewhere", location=query["url"])

    def page(self, _: dict[str, str]) -> None:
        """A page."""
        self.answer(200, b"<h1>Cats</h1>", content_type="text/html")

    def lie(self, _: dict[str, str]) -> None:
        """A page that says that it is a picture."""
        self.answer(200, b"<h1>Cats</h1>", content_type="image/png")

    def bomb(self, _: dict[str, str]) -> None:
        """Little that becomes much."""
        self.answer(200, gzip.compress(bytes(10**8)), content_encoding="gzip")

    def large(self, query: dict[str, str]) -> None:
        """More than anybody reads."""
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        if "chunked" in query:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        frame = b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK) if "chunked" in query else CHUNK
        for _ in range(LARGE // len(CHUNK)):
            self.wfile.write(frame)

    def slow(self, _: dict[str, str]) -> None:
        """Nothing, for long."""
        time.sleep(60)

    def trickle(self, _: dict[str, str]) -> None:
        """A byte now and then."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.picture)))
        self.end_headers()
        for at in range(len(self.picture)):
            self.wfile.write(self.picture[at : at + 1])
            time.sleep(0.2)

    def half(self, _: dict[str, str]) -> None:
        """Half a picture."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.picture)))
        self.end_headers()
        self.wfile.write(self.picture[:1000])
        self.close_connection = True

    def missing(self, _: dict[str, str]) -> None:
        """Nothing here."""
        self.answer(404, b"no such thing: a secret")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing else."""


class Server(http.server.ThreadingHTTPServer):
    """Many at once; those that hang up are no errors."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Handler.picture, Handler.log = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    with Server(("", 80), Handler) as server, Server(("", 443), Handler) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        threading.Thread(target=secure.serve_forever, daemon=True).start()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        server.serve_forever()
