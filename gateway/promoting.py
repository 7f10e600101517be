"""The gateway's promotions: what they see of it, and `POST /model/<id>/promotion`."""

import json
from collections.abc import Mapping
from typing import Any, cast

from gateway import auth
from gateway.persistence.database import DatabaseError
from gateway.promotion import steps
from gateway.promotion.alone import AloneError
from gateway.promotion.figures import Rows
from gateway.promotion.ledger import Ledger, Memory
from gateway.promotion.promotions import Promotions
from gateway.promotion.standing import STATES
from gateway.promotion.steps import Asked
from gateway.routes import RouteTable
from gateway.settings import Settings
from gateway.state import State
from gateway.traffic.traffic import Traffic
from passerelle.manifest.model import Split
from passerelle.protocol import problems, statuses
from passerelle.server import application, log, request_body
from passerelle.server.messages import Request, Response
from passerelle.server.metrics import Metrics, Values

PATH = "/model/{model_id}/promotion"
MAX_BODY = 10_000  # bytes
FORM = '{"to": 25} or {"to": 25, "force": true}, or nothing for the next step'


class Around:
    """The gateway as its promotions see it. Of its event loop alone."""

    def __init__(self, table: RouteTable, traffic: Traffic) -> None:
        self._table, self._traffic = table, traffic

    def splits(self) -> Mapping[str, Split]:
        """Those of the manifest now, by id."""
        return {name: each.model for name, each in self._table.splits.items()}

    async def rows(self, split_id: str, revision: int) -> Rows:
        """What was counted under a revision, by all workers."""
        return await self._traffic.rows(split_id, revision=revision)

    def own_rows(self, split_id: str, revision: int) -> Rows:
        """The same by this worker alone, as far as the file doesn't have it."""
        return self._traffic.unwritten(split_id, revision=revision)

    def not_ready(self, split_id: str, variant_id: str) -> str:
        """Why a variant isn't; empty if it is."""
        status = self._table.splits[split_id].routes[variant_id].current.status
        if status.status == statuses.READY:
            return ""
        return f"{status.status}: {status.reason}" if status.reason else status.status


def of(options: Settings, table: RouteTable, traffic: Traffic) -> Promotions:
    """The promotions of a gateway; the splits' routes get their weights from them."""
    ledger = Ledger(options.traffic) if options.traffic else Memory()
    found = Promotions(ledger, Around(table, traffic))
    table.in_force = found.weights
    traffic.in_use = lambda: found.in_use
    return found


async def ask(gateway: State, request: Request) -> Response:
    """Do what somebody asks of a promotion; how it is then.

    Raises:
        Unauthorized, Forbidden, NotFound, InvalidRequest
        Conflict: it isn't promoted, or what is asked for isn't known to be good.
        ServiceUnavailable: the ledger can't be used.
    """
    model_id = request.parameters["model_id"]
    caller = await auth.identify_request(gateway, request)
    auth.permit(gateway, caller, "promote", model_id)
    split = split_of(gateway.routes.current.find(model_id, caller).model)
    to, force = parse(await request_body.read_any(request, MAX_BODY))
    found = await changed(gateway.promotions, split, Asked(caller.name, to, force))
    return application.json_response(found)


async def changed(promotions: Promotions, split: Split, asked: Asked) -> dict[str, Any]:
    """How a promotion is once what was asked for is done.

    Raises:
        Conflict: it is refused, with how the promotion is.
        ServiceUnavailable: the ledger can't be used; the text says if it is done in part.
    """
    try:
        try:
            return await promotions.ask(split, asked)
        except steps.RefusedError as refused:
            found = await promotions.document(split)
            raise problems.Conflict(str(refused), promotion=found) from None
    except AloneError as error:
        raise problems.ServiceUnavailable(str(error)) from None
    except DatabaseError as error:
        log.write("ERROR", f"promotions can't be read or changed: {error}")
        raise problems.ServiceUnavailable(
            "The promotion can't be changed now; the gateway's log says why. Try again later."
        ) from None


def split_of(model: object) -> Split:
    """A model that is promoted.

    Raises:
        Conflict: it isn't; the text says what to write.
    """
    name = getattr(model, "id", "")
    if not isinstance(model, Split):
        raise problems.Conflict(
            f"{name} is no split. Name an entry of the manifest that has a split and a promote."
        )
    if model.promote is None:
        raise problems.Conflict(
            f"{name} has no promote: its weights are the manifest's. Change them there, or write "
            "a promote beside its split."
        )
    return model


def parse(body: bytes) -> tuple[float | None, bool]:
    """The weight that is asked for, None for the next step's, and whether it is forced.

    Raises:
        InvalidRequest
    """
    if not body.strip():
        return None, False
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(f"This is no JSON. Send {FORM}.") from None
    if not isinstance(given, dict) or set(given) - {"to", "force"}:
        raise problems.InvalidRequest(f"This has other members than to and force. Send {FORM}.")
    to, force = given.get("to"), given.get("force", False)
    if not isinstance(force, bool):
        raise problems.InvalidRequest(f"force is true or false. Send {FORM}.")
    if to is None:
        return None, force
    is_number = isinstance(to, int | float) and not isinstance(to, bool)
    if not is_number or not 0 <= to <= 100:  # NaN isn't, either
        raise problems.InvalidRequest(f"to is a weight from 0 to 100, in percent. Send {FORM}.")
    return float(cast("float", to)), force


def measure(metrics: Metrics, gateway: State) -> None:
    """Have the gauges of splits read when they are scraped."""

    def weights() -> Values:
        for each in gateway.routes.current.splits.values():
            for variant, weight in each.in_force(each.model)[0].items():
                yield (each.model.id, variant), weight / 100

    def states() -> Values:
        for each in gateway.promotions.known:
            for state in STATES:
                yield (each.split, state), each.state == state

    metrics.gauge(
        "passerelle_split_weight", "The share of a split's requests that a variant answers.",
        ("model", "variant"), weights,
    )  # fmt: skip
    metrics.gauge(
        "passerelle_promotion_state", "1 for the state that a promotion has, 0 for the others.",
        ("model", "state"), states,
    )  # fmt: skip
