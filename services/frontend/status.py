"""The page `status`: every model's health, load and latency over the last minutes."""

from typing import Any

import flask

from passerelle.server import flask_app
from services.frontend import charts, state

blueprint = flask.Blueprint("status", __name__)


@blueprint.get("/status")
def show() -> str:
    """The whole page, or with `?part` the charts alone, which a script refreshes."""
    with state.current().gateway.client() as client:
        history = client.history(flask_app.span().trace.headers)
    seconds = history["slot_seconds"]
    models = [(each, charts.from_slots(each["slots"], seconds)) for each in history["models"]]
    template = "charts.html" if "part" in flask.request.args else "status.html"
    return flask.render_template(template, page="status", models=models, minutes=minutes(history))


def minutes(history: dict[str, Any]) -> int:
    """How long the longest of the models' histories is."""
    slots = max((len(each["slots"]) for each in history["models"]), default=0)
    seconds: float = history["slot_seconds"] * slots
    return round(seconds / 60)
