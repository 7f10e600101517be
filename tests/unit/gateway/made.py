"""Exchanges, routes and responses as the tests of the gateway's stages need them."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.cache_store import CacheStore
from gateway.exchange import Client, Exchange
from gateway.history import History
from gateway.replica import Replica, Status
from gateway.routes import Route
from gateway.transport import Request, Response
from gateway.upstream import Upstream
from passerelle.manifest.model import Cache, Model
from passerelle.protocol import trace
from passerelle.server.span import Span

DIGEST = "d" * 64
ADDRESS = "http://127.0.0.1:1"


def exchange(
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    payload: bytes = b"picture",
) -> Exchange:
    """A request for the model `m` whose client never goes away."""
    return Exchange(
        model_id="m",
        client=Client("key", key_in_query=False),
        headers=headers or {},
        query=query or {},
        span=Span(trace.read({"HTTP_X_REQUEST_ID": "mine"}), 0.0),
        raise_if_disconnected=lambda: None,
        payload=payload,
    )


def model(**given: Any) -> Model:
    """A complete model `m`, whose service is `zoo`."""
    fields: dict[str, Any] = {
        "id": "m", "title": "M", "service": "zoo", "timeout": 10.0,
        "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT",
    }  # fmt: skip
    return Model(**fields | given)


def upstream(*addresses: str, status: str = "ready", **given: Any) -> Upstream:
    """A service whose model `m` has a status on all its replicas."""
    found = Upstream("zoo", "|".join(addresses or (ADDRESS,)), **given)
    found.replicas = {(each, ""): Replica(each) for each in found.addresses}
    for replica in found.replicas.values():
        replica.statuses = {"m": Status(status, "because", {"digest": DIGEST})}
    return found


def route(found: Upstream | None = None, cache: Cache | None = None, **given: Any) -> Route:
    """A route to the model `m`, with a cache whose clock stands still unless there is none."""
    store = CacheStore(cache, clock=lambda: 0.0) if cache else None
    return Route(model(**given), found or upstream(), store, History())


def answer(request_id: str = "mine", digest: str = DIGEST) -> Response:
    """A model service's good answer."""
    document = {"model": "m", "category": "cat", "request_id": request_id}
    headers = {"content-type": "application/json", "artifact-digest": digest}
    return Response(200, headers, json.dumps(document).encode())


class Replies:
    """In place of a replica's connections: gives each request the next reply, or raises it."""

    def __init__(self, *replies: Response | Exception) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []

    def send(self, request: Request, *_: object) -> Response:
        """The next reply."""
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def close_idle(self) -> None:
        """Nothing: there are no connections."""
