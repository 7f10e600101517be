"""A gateway in memory, and the page in front of it."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import httpx
from flask.testing import FlaskClient
from werkzeug.wrappers import Request, Response

from passerelle.server.application import Application
from passerelle.server.wsgi import Threads
from services.frontend import app, settings, upload
from tests.support import asgi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

URL = "http://gateway.test"
JSON_HEADERS = {"Accept": "application/json"}


def model(model_id: str, status: str = "ready", task: str = "") -> dict[str, Any]:
    """A model as GET /models has it; without a task there is no card of it yet."""
    measured = {"latency_ms": 1.5, "size_mb": 2.5}
    card = {"task": task, "precision": "fp32", "measured": measured} if task else None
    said = {"id": model_id, "title": model_id.upper(), "status": status, "followed": True}
    return said | {"card": card}


def prediction(model_id: str) -> dict[str, Any]:
    best = {"class_id": 281, "label": "tabby", "score": 0.8}
    return {"model": model_id, "category": "tabby", "predictions": [best], "request_id": "0" * 32}


BOX = {"xmin": 1.25, "ymin": 20, "xmax": 51, "ymax": 40}
DOG = {"class_id": 18, "label": "dog", "score": 0.75, "box": BOX}
FRAME = {"width": 100, "height": 50}
CAT_PIXELS = {"class_id": 8, "label": "cat", "share": 0.25, "mask": "iVBORw0KGgo="}
FOUND: dict[str, dict[str, Any]] = {  # an answer's own members, of each task
    "classification": {"category": "tabby", "predictions": prediction("a")["predictions"]},
    "detection": {"predictions": [DOG], "image": FRAME},
    "segmentation": {"image": FRAME, "segments": [CAT_PIXELS]},
    "embedding": {"embedding": [0.6, -0.8], "dimensions": 2},
    "tensor": {
        "outputs": [{"name": "out", "shape": [1, 3], "datatype": "FP32", "data": [1, -2.5, 4]}]
    },
}


def found(task: str, model_id: str = "a", **members: Any) -> dict[str, Any]:
    """A gateway's answer of a task."""
    own = FOUND[task] | members
    return {"model": model_id, "task": task, **own, "request_id": "0" * 32}


class FakeGateway(httpx.BaseTransport):
    """Answers by path, or raises `error`; keeps the requests that it was sent."""

    def __init__(self, answers: Mapping[str, tuple[int, object]] | None = None) -> None:
        self.answers = {"/models": (200, {"models": [model("a"), model("b")]})} | {
            f"/model/{each}/predict": (200, prediction(each)) for each in ("a", "b")
        }
        self.answers |= answers or {}
        self.headers: dict[str, str] = {}
        self.error: Exception | None = None
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.error:
            raise self.error
        path = request.url.raw_path.decode()
        status, answer = self.answers.get(path, (404, {"detail": "Nothing."}))
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return httpx.Response(status, headers=self.headers, content=body)

    def http(self) -> httpx.Client:
        return httpx.Client(transport=self, trust_env=False)


class Shell:
    """What stands around the page: each request of Flask's test client comes by the event loop."""

    def __init__(self, pages: "WSGIApplication", options: settings.Settings) -> None:
        threads = Threads(pages, 1, options.max_body + upload.MAX_BESIDE)
        self._app = Application("frontend", options, threads)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        target = f"{request.path}?{request.query_string.decode()}"
        headers = dict(request.headers)
        answer = asyncio.run(
            asgi.ask(self._app, request.method, target, request.get_data(), headers)
        )
        return Response(answer.body, answer.status, answer.headers)(environ, start)


def page(folder: Path, gateway: FakeGateway | None = None, **environ: str) -> flask.Flask:
    """The page, whose key is in `folder`, with the shell around it."""
    key_file = folder / "key"
    key_file.write_text("psl_first\n")
    variables = {"PASSERELLE_GATEWAY": URL, "PASSERELLE_KEY_FILE": str(key_file)} | environ
    options = settings.read(variables)
    pages = app.create_pages(options, (gateway or FakeGateway()).http())
    pages.wsgi_app = Shell(pages.wsgi_app, options)  # type: ignore[assignment,method-assign]  # as Flask advises
    return pages


def token(client: FlaskClient) -> str:
    """The token of a client's session, from the page that it opens."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert found
    return found[1]
