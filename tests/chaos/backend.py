"""A server of somebody else's, behind the gateway: it answers with the SHA-256 of what it is sent.

As long as the file that it is told lies there, it breaks off in the middle of each answer.
"""

import hashlib
import http.server
import json
import os
import sys
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds of a kept connection
    broken = Path()

    def do_GET(self) -> None:
        """Say that all is well."""
        self.answer({"status": "ready"}, is_broken=False)

    def do_POST(self) -> None:
        """Answer a picture."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        document = {
            "model": "theirs",
            "category": hashlib.sha256(body).hexdigest(),
            "request_id": self.headers["X-Request-ID"],
        }
        self.answer(document, is_broken=self.broken.exists())

    def answer(self, document: dict[str, str], *, is_broken: bool) -> None:
        """Send it, or half of it."""
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if is_broken else content)
        self.close_connection = self.close_connection or is_broken

    def log_message(self, *_: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    Handler.broken = Path(sys.argv[1])
    address = ("127.0.0.1", int(os.environ["PORT"]))
    http.server.ThreadingHTTPServer(address, Handler).serve_forever()
