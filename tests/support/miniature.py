"""A model service in miniature, in a thread of the test: its models fail or dawdle as it's told."""

import contextlib
import http.server
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support import stack

MODELS = ("one", "other", "busy")


class Service:
    """What it does, from one moment to the next."""

    def __init__(self) -> None:
        self.failing: frozenset[str] = frozenset()  # models whose every answer is a 500
        self.seconds: dict[str, float] = {}  # that an answer takes, by the model
        self.held: dict[str, threading.Event] = {}  # that an answer waits for, by the model
        self.processors = threading.Semaphore(1000)  # answers that are worked on at once
        self.asked: Counter[str] = Counter()
        self.address = ""

    def answer(self, model_id: str) -> tuple[int, Any]:
        """What becomes of a picture."""
        self.asked[model_id] += 1
        if model_id in self.failing:
            return 500, {"error": "it broke"}
        if gate := self.held.get(model_id):
            gate.wait(60)
        with self.processors:
            time.sleep(self.seconds.get(model_id, 0.0))
        return 200, {"model": model_id, **PREDICTION}


def examples() -> tuple[Any, Any]:
    """A card and an answer, as the contract shows them."""
    document = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())
    card = document["components"]["schemas"]["Model"]["examples"][0]["card"]
    post = document["paths"]["/model/{model_id}/predict"]["post"]
    content = post["responses"]["200"]["content"]["application/json"]
    return card, content["examples"]["classification"]["value"]


CARD, PREDICTION = examples()
del PREDICTION["model"]


@contextlib.contextmanager
def running(host: str = "127.0.0.1") -> Iterator[Service]:
    """One at a port of this machine."""
    found = Service()
    models = {each: {"status": "ready", "reason": "", "digest": CARD["digest"]} for each in MODELS}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # http.server's name
            is_health = self.path == "/health/ready"
            self._send(200, {"contract": "1.4", "models": models} if is_health else CARD)

        def do_POST(self) -> None:  # the same
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(*found.answer(self.path.split("/")[2]))

        def _send(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server((host, 0), Handler)
    found.address = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
