"""What the status page says of splits and mirrors: who answered what, and how a promotion stands.

The pictures on which two models differ stay with the gateway: visitors have no keys, and a picture
is somebody else's. The page says how many there are, and what was answered.
"""

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask

from passerelle.client import Client, errors
from passerelle.server import flask_app
from services.frontend import state
from services.frontend.models import Model

MAX_REQUESTS = 8  # to the gateway at once
MAX_EVENTS = 5  # of a promotion, the last ones
MAX_DIFFERENCES = 5
MAX_CLASSES = 5
FOLLOWED = ("traffic", "promotion", "capture", "drift")  # members that a rollout has some of

blueprint = flask.Blueprint("rollouts", __name__)


@dataclasses.dataclass(frozen=True)
class Variant:
    """A row of the table: one who answered, or who was asked as a mirror."""

    figures: Mapping[str, Any]  # as the gateway has them
    slower: float | None  # its p95, in times the first one's; None of the first itself

    @property
    def is_mirror(self) -> bool:
        """Whether nobody got its answers."""
        return self.figures.get("kind") == "mirror"


@dataclasses.dataclass(frozen=True)
class Rollout:
    """One model whose requests are followed. What isn't there is empty."""

    model: Mapping[str, Any]  # as GET /models/<id> has it

    @property
    def hours(self) -> int:
        """For how long the figures are."""
        return int(_member(self.model, "traffic").get("hours", 0))

    @property
    def variants(self) -> list[Variant]:
        """Those that answered or were mirrored to, the first one first."""
        rows = list(_member(self.model, "traffic").get("variants") or [])
        first = rows[0].get("p95_ms") if rows else None
        return [
            Variant(row, _ratio(row.get("p95_ms"), first) if number else None)
            for number, row in enumerate(rows)
        ]

    @property
    def promotion(self) -> Mapping[str, Any]:
        """How it stands, with its last events, the newest first."""
        found = _member(self.model, "promotion")
        events = list(found.get("events") or [])
        newest = sorted(events, key=lambda each: str(each.get("at", "")), reverse=True)
        return {**found, "events": newest[:MAX_EVENTS]} if found else {}

    @property
    def capture(self) -> Mapping[str, Any]:
        """How much was kept, and some of what was answered differently."""
        found = _member(self.model, "capture")
        differences = list(found.get("differences") or [])
        more = {"differences": differences[:MAX_DIFFERENCES], "differing": len(differences)}
        return {**found, **more} if found else {}

    @property
    def drift(self) -> Mapping[str, Any]:
        """How far the kept answers are from those of the bake."""
        found = _member(self.model, "drift")
        classes = _member(found, "classes")
        most = list(classes.get("most") or [])[:MAX_CLASSES]
        return {**found, "classes": {**classes, "most": most}} if found else {}


@blueprint.get("/status/rollouts")
def show() -> str:
    """The rollouts alone, which a script refreshes."""
    with state.current().gateway.client() as client:
        found = followed(client, client.models(flask_app.span().trace.headers))
    return flask.render_template("rollouts.html", **found)


def followed(client: Client, known: Iterable[Model]) -> dict[str, Any]:
    """What the template takes: those of the models whose requests are followed, and all titles."""
    known = list(known)
    headers = flask_app.span().trace.headers
    with ThreadPoolExecutor(MAX_REQUESTS) as pool:
        asked = [
            pool.submit(contextvars.copy_context().run, _of_model, client, each["id"], headers)
            for each in known
            if each.get("followed")
        ]
        found = [each.result() for each in asked]
    return {
        "rollouts": [Rollout(each) for each in found if any(map(each.get, FOLLOWED))],
        "titles": {each["id"]: each["title"] for each in known},
    }


def _of_model(client: Client, model_id: str, headers: Mapping[str, str]) -> Model:
    """One model; empty where the gateway doesn't tell, such as one that was just removed."""
    with contextlib.suppress(errors.ClientError):
        return client.model(model_id, headers)
    return {}


def _member(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object's member that is an object; an empty one if it isn't."""
    member = found.get(name)
    return member if isinstance(member, dict) else {}


def _ratio(value: float | None, other: float | None) -> float | None:
    """How many times the other a value is; None where one is missing or nothing."""
    return value / other if value and other else None
