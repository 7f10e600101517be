"""How the change of a model goes, for `GET /models/<id>`: members that only some models have.

Each is told by a function of MEMBERS, which gives None where a model has none.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway import captured
from gateway.any_route import AnyRoute
from gateway.persistence.database import DatabaseError
from gateway.route import Route
from gateway.split_route import SplitRoute
from gateway.state import State
from gateway.traffic import figures
from gateway.traffic.counts import ANSWER, MIRROR, Counts, Sums
from passerelle.server import log

HOURS = 24  # that the figures are of
Member = Callable[[State, AnyRoute], Awaitable[dict[str, Any] | None]]


async def members(gateway: State, route: AnyRoute) -> dict[str, Any]:
    """All of a model's, by their names."""
    found = {name: await tell(gateway, route) for name, tell in MEMBERS}
    return {name: each for name, each in found.items() if each is not None}


async def traffic(gateway: State, route: AnyRoute) -> dict[str, Any] | None:
    """How a split's variants, or a model and its mirror, answered in the last hours.

    Of whom a request may have been mirrored to, there are figures once one was.
    """
    weights: Mapping[str, float] = {}
    if isinstance(route, SplitRoute):
        weights, _ = route.in_force(route.model)
        usual = [(each, ANSWER) for each in route.routes]
    elif isinstance(route, Route) and route.model.mirror:
        usual = [(route.model.id, ANSWER), (route.model.mirror.to, MIRROR)]
    else:
        return None
    sums = await _sums(gateway, route.model.id)
    names = dict.fromkeys(name for name, _ in usual)
    every = [(name, kind) for name in names for kind in (ANSWER, MIRROR)]
    variants = [
        {
            "model": name,
            "kind": kind,
            "weight": weights.get(name) if kind == ANSWER else None,
            "status": _status(gateway, name),
            **figures.document(sums.get((name, kind)) or Counts()),
        }
        for name, kind in every
        if (name, kind) in sums or (name, kind) in usual
    ]
    return {"hours": HOURS, "variants": variants}


async def promotion(gateway: State, route: AnyRoute) -> dict[str, Any] | None:
    """How far a split's new variant is, and why; None where the ledger can't be read."""
    if not isinstance(route, SplitRoute) or route.model.promote is None:
        return None
    try:
        return await gateway.promotions.document(route.model)
    except DatabaseError as error:
        log.write("ERROR", f"promotions can't be read: {error}")
        return None


MEMBERS: tuple[tuple[str, Member], ...] = (
    ("traffic", traffic),
    ("promotion", promotion),
    ("capture", captured.capture),
    ("drift", captured.drift),
)  # by their names


async def _sums(gateway: State, model_id: str) -> Sums:
    """What was counted of all workers; where the file can't be read, of this one since then."""
    counted = gateway.traffic
    since = counted.hour - HOURS + 1
    try:
        return await counted.rows(model_id, since_hour=since)
    except DatabaseError as error:
        log.write("ERROR", f"traffic can't be read: {error}")
        return counted.unwritten(model_id, since_hour=since)


def _status(gateway: State, model_id: str) -> str | None:
    """A model's status now; None if the manifest has it no more."""
    route = gateway.routes.current.by_id.get(model_id)
    return route.current.status.status if route else None
