"""A backend of the Open Inference Protocol that answers each picture with what the picture says.

Its health and its metadata are right. `ODD` has what it can answer, byte for byte.
"""

import base64
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from http import HTTPStatus

IMAGE = {"name": "image", "datatype": "BYTES", "shape": [1]}
METADATA = {"name": "odd", "versions": [], "platform": "test", "inputs": [IMAGE], "outputs": []}
GETS = {
    "/v2": {"name": "odd", "version": "1", "extensions": []},
    "/v2/health/ready": {"ready": True},
    "/v2/models/odd": METADATA,
    "/v2/models/odd/ready": {"ready": True},
}
SCORE = {"name": "score", "shape": [1], "datatype": "FP32", "data": [0.5]}


def whole(status: int, body: bytes, *headers: str, media_type: str = "application/json") -> bytes:
    """A response that ends the connection."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Type: {media_type}"]
    lines += [f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


GOOD = json.dumps({"model_name": "odd", "outputs": [SCORE]}).encode()
ODD = {
    "good": whole(200, GOOD),
    "html": whole(200, b"<h1>Welcome</h1>", media_type="text/html"),
    "garbage": whole(200, b"\x00\xff\xfe"),
    "empty": whole(200, b""),
    "other": whole(200, b'{"predictions": []}'),
    "nan": whole(200, GOOD.replace(b"0.5", b"NaN")),
    "half": whole(200, GOOD)[:-10],
    "redirect": whole(302, b"", "Location: http://169.254.169.254/latest/meta-data"),
    "large": whole(200, b'{"outputs": [' + b" " * 30_000_000),
    "no http": b"hello\r\n\r\n",
    "teapot": whole(418, b'{"error": "I am a teapot."}'),
    "failure": whole(500, b'{"error": "KeyError: /srv/secret"}'),
    "denied": whole(401, b'{"error": "no token"}'),
    "busy": whole(429, b'{"error": "slow down"}', "Retry-After: 7"),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # http.server's name
        found = GETS.get(self.path)
        body = json.dumps(found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:  # the same
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = base64.b64decode(document["inputs"][0]["data"][0]).decode()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(ODD[name])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The backend's address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
