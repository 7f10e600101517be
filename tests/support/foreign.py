"""A service of anybody's making, in the standard library alone, and manifests that name it."""

import json
import sys
from pathlib import Path
from typing import Any

SERVER = '''
"""python serve.py VERSION [PATH [SECONDS]]: once loaded, says who it is to posts to PATH."""
import http.server, json, os, sys, time

VERSION, PATH, SECONDS = (*sys.argv[1:], *("", "/predict", 0)[len(sys.argv) - 1:])
time.sleep(float(SECONDS))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(float(self.headers.get("X-Seconds", 0)))
        self.answer(200 if self.path == PATH else 404)

    def answer(self, status):
        body = json.dumps({
            "version": VERSION, "pid": os.getpid(), "cwd": os.getcwd(),
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "mine": os.environ.get("MINE"),
        }).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, text, *arguments):
        pass


print("listens", flush=True)
host = os.environ.get("HOST", "127.0.0.1")
http.server.ThreadingHTTPServer((host, int(os.environ["PORT"])), Handler).serve_forever()
'''


def command(*arguments: str) -> list[str]:
    """What starts the server."""
    return [sys.executable, "serve.py", *arguments]


def model(model_id: str, *arguments: str, **backend: Any) -> dict[str, Any]:
    """An entry whose backend is the server, or another command or address that is given."""
    started = {} if "url" in backend else {"command": command(*arguments)}
    usual = {"path": "/predict", "health": "/ping"}
    return {"id": model_id, "timeout": "5s", "backend": usual | started | backend}


def write(folder: Path, *entries: dict[str, Any]) -> Path:
    """A manifest with the server beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "serve.py").write_text(SERVER)
    path = folder / "models.yaml"
    path.write_text(json.dumps({"version": 1, "models": entries}))
    return path
