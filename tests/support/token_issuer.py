"""An identity provider in a process of its own, which publishes what files say.

    python -m tests.support.token_issuer PORT FOLDER [CERTIFICATE]

FOLDER/REALM.json is what the realm at /REALM publishes: its keys, after how many seconds, and in
place of them perhaps a status, a body or another address. Each request's path is a line of
FOLDER/asked.
"""

import contextlib
import dataclasses
import http.server
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import signing, stack

WELL_KNOWN = ".well-known/openid-configuration"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the realm's file, which is read each time."""

    folder: Path
    address: str

    def do_GET(self) -> None:
        """Publish the discovery, or the keys."""
        with (self.folder / "asked").open("a") as file:
            file.write(f"{self.path}\n")
        realm, _, what = self.path.strip("/").partition("/")
        told = json.loads((self.folder / f"{realm}.json").read_text())
        time.sleep(told.get("delay", 0))
        issuer = f"{self.address}/{realm}"
        discovery = {"issuer": told.get("issuer", issuer), "jwks_uri": f"{issuer}/keys"}
        document = discovery if what == WELL_KNOWN else {"keys": told["keys"]}
        body = told.get("body", json.dumps(document)).encode()
        self.send_response(told.get("status", 200))
        self.send_header("Content-Length", str(len(body) + told.get("missing", 0)))
        for name, value in told.get("headers", {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@dataclasses.dataclass
class Issuer:
    """Its address, and what it publishes."""

    folder: Path
    port: int
    scheme: str = "http"
    process: "subprocess.Popen[bytes] | None" = None

    def name(self, realm: str) -> str:
        """The iss of a realm's tokens."""
        return f"{self.scheme}://localhost:{self.port}/{realm}"

    def publish(self, realm: str, *numbers: int, **told: Any) -> None:
        """Publish the keys of these numbers, from now on, in one step."""
        content = {"keys": [signing.jwk(number=each) for each in numbers], **told}
        (self.folder / "new").write_text(json.dumps(content))
        (self.folder / "new").replace(self.folder / f"{realm}.json")

    def token(self, realm: str, number: int = 1, **changed: Any) -> str:
        """A token of a realm that is good for ten minutes."""
        now = time.time()
        times = {"iss": self.name(realm), "exp": now + 600, "iat": now}
        return signing.token(signing.claims(**{**times, **changed}), number=number)

    def asked(self, realm: str) -> int:
        """How often a realm's keys were fetched."""
        file = self.folder / "asked"
        return file.read_text().split("\n").count(f"/{realm}/keys") if file.exists() else 0

    def start(self, certificate: str = "") -> None:
        """Start, or come back. With a certificate and its key, it is reached by https."""
        self.scheme = "https" if certificate else "http"
        command = [sys.executable, "-m", "tests.support.token_issuer", str(self.port)]
        self.process = subprocess.Popen(
            [*command, str(self.folder), *filter(None, [certificate])],
            cwd=stack.ROOT, env=os.environ | {"PYTHONPATH": str(stack.ROOT)},
        )  # fmt: skip
        stack.wait_for((self.folder / f"up-{self.process.pid}").exists, 20)

    def kill(self) -> None:
        """Be gone at once."""
        if self.process:
            self.process.kill()
            self.process.wait(15)


@contextlib.contextmanager
def running(folder: Path, *, is_up: bool = True) -> Iterator[Issuer]:
    """One whose files are in a folder; perhaps it is down until it is started."""
    folder.mkdir()
    found = Issuer(folder, stack.free_port())
    try:
        if is_up:
            found.start()
        yield found
    finally:
        found.kill()


def serve(port: int, folder: Path, certificate: str = "") -> None:
    """Answer until killed."""
    Handler.folder = folder
    Handler.address = f"{'https' if certificate else 'http'}://localhost:{port}"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    (folder / f"up-{os.getpid()}").touch()
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
