"""What each process answers: its routes on the event loop, and everything else by Flask.

app = Application("gateway", options, Threads(flask_app, …))
app.add_route("POST", "/model/{model_id}/predict", predict)

It is an ASGI application, which the worker serves (worker.py). `lifespan` is entered before the
first request and left after the last.
"""

import asyncio
import contextlib
import dataclasses
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from passerelle.protocol import problems, trace
from passerelle.protocol.problems import Problem
from passerelle.protocol.sampling import NEVER, Sampler
from passerelle.server import log, memory, problem_responses, responses
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.client_address import Proxies
from passerelle.server.messages import Receive, Request, Response, Send
from passerelle.server.recording import Recording
from passerelle.server.settings import ServerSettings
from passerelle.server.span import Span
from passerelle.server.tracing import tracer
from passerelle.server.tracing.tracer import HEALTH
from passerelle.server.wsgi import Threads

if TYPE_CHECKING:
    from passerelle.server.server import Server

Handler = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[Problem, Request], Response]  # a problem as the clients of a path read it
Observer = Callable[[Request, int], None]  # told of each request that has ended, and its status
Intercept = Callable[[Request], Response | None]  # may answer before anybody is asked
Lifespan = Callable[[], contextlib.AbstractAsyncContextManager[None]]

ANY = "*"  # in place of a method
_PLAIN = re.compile("(?:/[^/%]+)*/?")  # a path that has one spelling


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """A path, and the handler of each method that it takes."""

    path: re.Pattern[str]
    handlers: dict[str, Handler]
    refuse: Refuse

    @property
    def allowed(self) -> str:
        """The methods, as the header Allow lists them."""
        implied = {"OPTIONS"} | ({"HEAD"} if "GET" in self.handlers else set())
        return ", ".join(sorted(implied | set(self.handlers)))


@contextlib.asynccontextmanager
async def no_lifespan() -> AsyncIterator[None]:
    """Nothing to begin or to end."""
    yield


class Application:
    """Every answer, errors included, is traced, timed and logged. Per process.

    `service` names the process in the log. `threads` answers the paths that no route takes.
    """

    def __init__(
        self,
        service: str,
        options: ServerSettings,
        threads: Threads | None = None,
        lifespan: Lifespan = no_lifespan,
    ) -> None:
        memory.return_freed_memory()
        log.project = options.project
        self.service, self.options, self.threads = service, options, threads
        self._lifespan, self._tracer = lifespan, tracer.of(service, options)
        self.bodies = ByteBudget(options.body_memory)
        self._proxies = Proxies(options.trusted_proxies, options.proxy_header)
        self.routes: dict[str, Route] = {}
        self.observers: list[Observer] = [self._tracer.record] if self._tracer else []
        self.server: Server | None = None  # whose connections ask it, once there is one
        self.intercept: Intercept | None = None
        self.add_route("GET", "/health/live", live)

    def add_route(
        self,
        method: str,
        path: str,
        handler: Handler,
        refuse: Refuse = problem_responses.refuse,
    ) -> None:
        """Answer a path on the event loop. The method ANY is each that has no handler of its own.

        In the path, `{name}` stands for any segment, and `{name:path}` for whatever is below. Paths
        are matched as they were sent, and each has one spelling, for which a proxy in front may
        have rules: percent-encoded it is another. What `threads` answers is held to the same.
        """
        below = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>(?:/.*)?)", re.escape(path))
        pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", below), re.DOTALL)
        self.routes.setdefault(path, Route(pattern, {}, refuse)).handlers[method] = handler

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """What is entered before the first request and left after the last."""
        async with tracer.running(self._tracer), self._lifespan():
            yield

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = self._request(scope, receive)
        request.send = send
        request.addresses = self._proxies.addresses(request.peer, request.headers)
        if request.addresses:
            request.span.fields["client"] = request.client
        try:
            response = await self._answer_or_problem(request)
        except asyncio.CancelledError:  # the client is gone
            self._end(request, problems.ClientClosedRequest.status)
            raise
        finally:
            self.bodies.give_back(request.held)
        if response.delay:
            await self._keep_back(request, response.delay)
        if not request.has_begun:
            await responses.send(request, response)
        self._end(request, response.status)
        if request.when_sent:
            request.when_sent()

    def _request(self, scope: dict[str, Any], receive: Receive) -> Request:
        """The request of an ASGI scope, which is recorded if it is sampled."""
        sampler = self._tracer.sampler if self._tracer else NEVER
        request = request_of(scope, receive, self.bodies, self.options.path_prefix, sampler)
        log.current.set(request.span.trace)
        if self._tracer and request.span.trace.is_sampled:
            request.span.recording = Recording()
        return request

    async def _keep_back(self, request: Request, seconds: float) -> None:
        """Wait for as long as the client does."""
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self._end(request, problems.ClientClosedRequest.status)
            raise

    async def _answer_or_problem(self, request: Request) -> Response:
        """The handler's response, or that of the problem it raised.

        One in parts is sent before this returns, so that a problem in their midst is what became
        of the request.
        """
        route = self._find(request)
        refuse = route.refuse if route else problem_responses.refuse
        try:
            response = await self._answer(request, route)
            if response.parts and not request.has_begun:
                await responses.send(request, response)
        except Problem as problem:
            return refuse(problem, request)
        except Exception as error:
            request_id = request.span.trace.request_id
            return refuse(problem_responses.from_unexpected(error, request_id), request)
        return response

    def _find(self, request: Request) -> Route | None:
        """The route that the request's path matches, whose parameters it then has."""
        sent = request.sent_path
        for path, route in self.routes.items():
            if match := route.path.fullmatch(sent):
                request.route, request.parameters = path, match.groupdict()
                return route
        return None

    async def _answer(self, request: Request, route: Route | None) -> Response:
        """The response of the request's route, or Flask's where it has none.

        Raises:
            Problem
        """
        prefix = self.options.path_prefix
        if prefix and request.sent_path == prefix:  # to which relative addresses don't belong
            return Response(308, headers=[("Location", f"{prefix}/")])
        if self.intercept and (response := self.intercept(request)):
            return response
        if request.target == b"*":  # OPTIONS of the server itself: it is there
            return Response(200)
        if route is None:
            if self.threads is None or not _PLAIN.fullmatch(request.sent_path):
                raise problem_responses.nothing_at(request.path)
            return await self.threads.answer(request)
        method = "GET" if request.method == "HEAD" else request.method
        if handler := route.handlers.get(method) or route.handlers.get(ANY):
            return await handler(request)
        if method == "OPTIONS":
            return Response(200, headers=[("Allow", route.allowed)])
        raise problem_responses.method_not_allowed(request.method, request.path, route.allowed)

    def _end(self, request: Request, status: int) -> None:
        """The request is over: tell the observers, and write its line of the log.

        Health checks come all the time, and have no line.
        """
        for observer in self.observers:
            observer(request, status)
        if not request.path.startswith(HEALTH):
            request.span.write_log(self.service, request.method, request.path, status)


def request_of(
    scope: dict[str, Any],
    receive: Receive,
    bodies: ByteBudget,
    prefix: str = "",
    sampler: Sampler = NEVER,
) -> Request:
    """The request of an ASGI scope, whose path may begin with the prefix, or lack it."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    span = Span(trace.read(headers, sampler), time.perf_counter())
    path, target = scope["path"], scope["target"]
    if prefix and target.startswith(f"{prefix}/".encode()):  # else it is a health check's
        path, target = path.removeprefix(prefix), target.removeprefix(prefix.encode())
    request = Request(scope["method"], path, scope["query_string"], headers, span, receive, bodies)
    request.target = target
    if client := scope.get("client"):
        request.peer = client[0]
    return request


def json_response(
    document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON object as a response."""
    body = (json.dumps(document, allow_nan=False) + "\n").encode()
    return Response(200, body, [("Content-Type", "application/json"), *(headers or {}).items()])


async def live(_: Request) -> Response:
    """`GET /health/live`: the process answers."""
    return json_response({"status": "live"})
