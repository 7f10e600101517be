"""Models, answered requests and figures, as the tests of mirroring need them."""

import collections
import json
from typing import Any

from gateway.followed import Followed
from gateway.history import History
from gateway.route import Route
from gateway.status import Status
from gateway.traffic.traffic import Traffic
from gateway.transport import Response
from gateway.upstream import Limits
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

CARD = {"digest": made.DIGEST, "task": "classification"}


def route(
    name: str, pool: Replies | None = None, card: Any = CARD, slots: int = 20, **given: Any
) -> Route:
    """A model of a service of its own, which is ready."""
    upstream = made.upstream(limits=Limits(slots))
    for replica in upstream.replicas.values():
        replica.statuses = {name: Status("ready", "", card)}
        replica.pool = pool or Replies()  # type: ignore[assignment]  # in its place
    return Route(made.model(id=name, service=name, **given), upstream, None, History())


def set_status(found: Route, status: str, card: Any = CARD) -> None:
    """Have a model's only replica report a status."""
    for replica in found.upstream.replicas.values():
        replica.statuses = {found.model.id: Status(status, "because", card)}


def answer(name: str, category: str = "cat", **members: Any) -> Response:
    """A model's answer."""
    document = {"model": name, "category": category, **members}
    return Response(200, {"content-type": "application/json"}, json.dumps(document).encode())


def problem(status: int) -> Response:
    """A model's problem."""
    document = {"status": status, "detail": "no", "request_id": "x"}
    headers = {"content-type": "application/problem+json"}
    return Response(status, headers, json.dumps(document).encode())


def followed(by: Route, payload: bytes = b"picture", category: str = "cat") -> Followed:
    """A request that a model answered."""
    name = by.model.id
    exchange = made.exchange(payload=payload)
    return Followed(name, by, exchange, answer(name, category), 200, 0.01, 0)


class Recorded(Traffic):
    """Traffic that keeps what was counted, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[tuple[Any, ...]] = []
        self.compared: list[tuple[Any, ...]] = []
        self.skipped = collections.Counter[tuple[str, str]]()

    def count(self, *row: Any) -> None:
        """Keep it, and of its time only whether there is one."""
        *rest, seconds = row
        self.counted.append((*rest, seconds is not None))

    def compare(self, *row: Any) -> None:
        """Keep it."""
        self.compared.append(row)

    def skip(self, model: str, variant: str) -> None:
        """Keep it."""
        self.skipped[model, variant] += 1
