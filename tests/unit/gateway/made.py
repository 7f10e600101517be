"""Exchanges, routes and responses as the tests of the gateway's stages need them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from gateway import settings
from gateway.adapters.adapter import Adapter
from gateway.adapters.passerelle import Passerelle
from gateway.cache_store import CacheStore
from gateway.exchange import Client, Exchange
from gateway.history import History
from gateway.keys import api_keys
from gateway.keys.api_keys import Key, Keys
from gateway.location import Location
from gateway.replica import Replica
from gateway.route import PipelineRoute, Route
from gateway.routes import Routes, RouteTable
from gateway.state import State
from gateway.status import Status
from gateway.transport import Parts, Request, Response, StreamedRequest, StreamedResponse
from gateway.upstream import Upstream
from passerelle.manifest.model import Backend, Cache, ExternalModel, Manifest, Model, Pipeline
from passerelle.protocol import trace
from passerelle.server import messages
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.file_watcher import FileWatcher
from passerelle.server.span import Span

DIGEST = "d" * 64
ADDRESS = "http://127.0.0.1:1"
OPTIONS = settings.read({"PASSERELLE_KEYS": "keys.yaml", "PASSERELLE_MAX_BODY": "10"})
KEY_TEXT, KEY = api_keys.new("alice", ("m",), None)


def request(
    query: bytes = b"", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> messages.Request:
    """A client's request for a prediction of the model `m`, whose whole body is there."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    span, budget = Span(trace.read({}), 0.0), ByteBudget(1_000)
    path, parameters = "/model/m/predict", {"model_id": "m"}
    return messages.Request("POST", path, query, headers or {}, span, receive, budget, parameters)


def exchange(
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    payload: bytes = b"picture",
) -> Exchange:
    """A request for the model `m`."""
    return Exchange(
        model_id="m",
        client=Client("key", key_in_query=False),
        headers=headers or {},
        query=query or {},
        span=Span(trace.read({"x-request-id": "mine"}), 0.0),
        payload=payload,
    )


def model(**given: Any) -> Model:
    """A complete model `m`, whose service is `zoo`."""
    fields: dict[str, Any] = {
        "id": "m", "title": "M", "service": "zoo", "timeout": 10.0,
        "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT",
    }  # fmt: skip
    return Model(**fields | given)


def external(model_id: str, backend: Backend) -> ExternalModel:
    """A model of somebody else's service."""
    return ExternalModel(id=model_id, title=model_id, timeout=10.0, service="zoo", backend=backend)


def upstream(
    *addresses: str, status: str = "ready", adapter: Adapter | None = None, **given: Any
) -> Upstream:
    """A service whose model `m` has a status on all its replicas; ours unless given."""
    found = Upstream(
        adapter or Passerelle(), "zoo", Location("|".join(addresses or (ADDRESS,))), **given
    )
    found.replicas = {(each, ""): Replica(found.adapter, each) for each in found.location.addresses}
    for replica in found.replicas.values():
        replica.statuses = {"m": Status(status, "because", {"digest": DIGEST})}
    return found


def route(
    found: Upstream | None = None,
    cache: Cache | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    **given: Any,
) -> Route:
    """A route to the model `m`, with a cache that goes by the clock, or none."""
    store = CacheStore(cache, clock) if cache else None
    return Route(model(**given), found or upstream(), store, History())


def pipeline(*found: Status) -> PipelineRoute:
    """The pipeline `both`, whose steps `people` and `faces` have these statuses."""
    routes = []
    for name, status in zip(("people", "faces"), found, strict=True):
        own = route(upstream(), id=name)
        for replica in own.upstream.replicas.values():
            replica.statuses = {name: status}
        routes.append(own)
    model = Pipeline(id="both", title="Both", timeout=10.0, steps=("people", "faces"))
    return PipelineRoute(model, (routes[0], routes[1]), History())


def state(pool: Any, key: Key = KEY, adapter: Adapter | None = None) -> State:
    """A gateway with the models `m` and `n` of one service, ours unless given, and one key."""
    found = upstream(adapter=adapter)
    for replica in found.replicas.values():
        replica.pool = pool
    by_id: dict[str, Route] = {each: route(found, id=each) for each in ("m", "n")}
    if backend := adapter and adapter.backend:
        by_id = {each: Route(external(each, backend), found, None, History()) for each in by_id}
    routes = Routes(by_id)
    keys = Keys({key.prefix: key})
    return State(
        OPTIONS,
        FileWatcher(Path("none"), lambda _: keys, lambda read: read, api_keys.KeysError),
        FileWatcher(Path("none"), lambda _: Manifest(models=()), lambda _: routes, ValueError),
    )


def table() -> RouteTable:
    """A table that has read no manifest."""
    return RouteTable(OPTIONS)


def answer(request_id: str = "mine", digest: str = DIGEST) -> Response:
    """A model service's good answer."""
    document = {"model": "m", "category": "cat", "request_id": request_id}
    headers = {"content-type": "application/json", "artifact-digest": digest}
    return Response(200, headers, json.dumps(document).encode())


def png(content: bytes = b"pixels", model_id: str = "m") -> Response:
    """A model service's answer that is a picture."""
    body = b"\x89PNG\r\n\x1a\n" + content + b"\0\0\0\0IEND\xaeB`\x82"
    headers = {"content-type": "image/png", "model": model_id, "artifact-digest": DIGEST}
    return Response(200, headers | {"vary": "Accept"}, body)


def streamed(
    status: int,
    *parts: bytes,
    headers: Mapping[str, str] | None = None,
    error: Exception | None = None,
    host: str = "10.0.0.5:5000",
) -> StreamedResponse:
    """A response whose parts come one after another, and then perhaps an error."""

    async def body() -> Parts:
        for part in parts:
            yield part
        if error:
            raise error

    return StreamedResponse(status, headers or {}, b"", body(), host)


class Replies:
    """In place of a replica's connections: gives each request the next reply, or raises it."""

    def __init__(self, *replies: Response | Exception) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.closed = 0  # how often the idle connections were
        self.connected = 0  # how often connecting was tried, and succeeded
        self.bodies: list[bytes] = []  # of the requests that were sent as they came

    async def send(self, request: Request, _: float) -> Response:
        """The next reply."""
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @contextlib.asynccontextmanager
    async def stream(
        self, request: StreamedRequest, seconds: float
    ) -> AsyncIterator[StreamedResponse]:
        """The next reply, as it comes; the request's body is read before."""
        if request.parts:
            self.bodies.append(b"".join([part async for part in request.parts]))
        reply = await self.send(request, seconds)
        if not isinstance(reply, StreamedResponse):
            reply = streamed(reply.status, reply.body, headers=reply.headers)
        yield reply

    async def connect(self, _: float) -> None:
        """Succeed, or raise the next reply."""
        if self.replies and isinstance(self.replies[0], Exception):
            raise self.replies.pop(0)  # type: ignore[misc]  # it is one
        self.connected += 1

    def close_idle(self) -> None:
        """Count it: there are no connections."""
        self.closed += 1


class Silence(Replies):
    """In place of connections to a service that takes each request and never replies."""

    async def send(self, request: Request, _: float) -> Response:
        """Wait for as long as the task does."""
        self.requests.append(request)
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        return await reply


async def settle() -> None:
    """Let the loop's other tasks go on for as long as they wait for nothing."""
    for _ in range(30):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop's other tasks go on until a condition holds, which is soon without a wait."""
    for _ in range(100):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the tasks wait, and the condition doesn't hold")
