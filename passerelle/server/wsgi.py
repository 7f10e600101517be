"""WSGI beside the event loop: Flask answers in a few threads, each request whole.

The loop reads a request's body before a thread takes the request, and sends the response after it:
no client holds a thread. What waits for a thread is bounded too.
"""

import asyncio
import contextvars
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response as WerkzeugResponse

from passerelle.protocol import addresses, problems
from passerelle.server import request_body
from passerelle.server.messages import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_WAITING = 256  # requests that wait for a thread
BODY_KEY = "passerelle.body"  # in the environ: the bytes, or the problem that reading them met
SPAN_KEY = "passerelle.span"  # the same: the request's span


class _Answer(WerkzeugResponse):
    """What a WSGI application said, and no header more."""

    default_mimetype = None


class Threads:
    """A WSGI application (PEP 3333) and the threads that run it."""

    def __init__(self, app: "WSGIApplication", threads: int, max_body: int) -> None:
        self._app, self._max_body = app, max_body
        self._threads = ThreadPoolExecutor(threads, "flask")
        self._limit = threads + MAX_WAITING
        self._requests = 0  # that have a thread, or wait for one

    async def answer(self, request: Request) -> Response:
        """The application's response.

        Raises:
            ServiceUnavailable: too many requests wait already.
        """
        body = await _read(request, self._max_body)
        if self._requests >= self._limit:
            raise problems.ServiceUnavailable(
                f"{self._limit} requests are being answered already. Try again shortly."
            )
        self._requests += 1
        try:
            work = asyncio.get_running_loop().run_in_executor
            context = contextvars.copy_context()
            return await work(self._threads, context.run, self._run, environ(request, body))
        finally:
            self._requests -= 1

    def _run(self, environ: "WSGIEnvironment") -> Response:
        """Run the application, in a thread."""
        answer = _Answer.from_app(self._app, environ, buffered=True)
        headers = [each for each in answer.headers if each[0].lower() != "content-length"]
        length = answer.headers.get("Content-Length")
        is_head = environ["REQUEST_METHOD"] == "HEAD" and length
        return Response(
            answer.status_code,
            answer.get_data(),
            [*headers, ("Content-Length", length)] if is_head and length else headers,
        )


async def _read(request: Request, limit: int) -> bytes | problems.Problem:
    """The body, or the problem that reading it met, which is the application's to answer."""
    stated = request.headers.get("content-length", "0")
    if stated == "0" and "transfer-encoding" not in request.headers:
        return b""
    try:
        with request.span.step("read"):
            return await request_body.read(request, limit)
    except problems.Problem as problem:
        return problem


def environ(request: Request, body: bytes | problems.Problem) -> "WSGIEnvironment":
    """A request as WSGI has it."""
    content = body if isinstance(body, bytes) else b""
    host, port = _host(request.headers.get("host", ""))
    made: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query.decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "REMOTE_ADDR": request.peer,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        SPAN_KEY: request.span,
        BODY_KEY: body,
        **request.environ,
    }
    for name, value in request.headers.items():
        if name not in ("content-type", "content-length", "transfer-encoding"):
            made[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return made


def _host(text: str) -> tuple[str, str]:
    """The name and the port of a Host header, as far as it has them."""
    try:
        host, port = addresses.split(text)
    except ValueError:
        host, port = text, 80
    return host or "localhost", str(port)
