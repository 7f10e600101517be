"""The page `status`: each model's health, load and latency, its rollout, and what it was asked."""

import datetime
from typing import Any

import flask

from passerelle.client import Client, errors
from passerelle.server import flask_app
from services.frontend import charts, rollouts, state

blueprint = flask.Blueprint("status", __name__)


@blueprint.get("/status")
def show() -> str:
    """The whole page, or with `?part` the charts alone, which a script refreshes."""
    is_part = "part" in flask.request.args
    with state.current().gateway.client() as client:
        history = client.history(flask_app.span().trace.headers)
        usage = None if is_part else usage_today(client)
        followed = {} if is_part else rollouts.followed(client, history["models"])
    seconds = history["slot_seconds"]
    models = [(each, charts.from_slots(each["slots"], seconds)) for each in history["models"]]
    return flask.render_template(
        "charts.html" if is_part else "status.html",
        page="status",
        models=models,
        minutes=minutes(history),
        usage=usage,
        **{"titles": {}, **followed},
    )


def usage_today(client: Client) -> dict[str, Any] | None:
    """What was asked of each model today; None where the gateway doesn't tell."""
    today = datetime.datetime.now(datetime.UTC).date()
    headers = flask_app.span().trace.headers
    try:
        return client.usage(today, today, by=["model"], headers=headers)
    except errors.ClientError:
        return None


def minutes(history: dict[str, Any]) -> int:
    """How long the longest of the models' histories is."""
    slots = max((len(each["slots"]) for each in history["models"]), default=0)
    seconds: float = history["slot_seconds"] * slots
    return round(seconds / 60)
