"""A plain Flask app: the picture is the request's body."""

from typing import Any

import colours
import flask

app = flask.Flask("colours")
app.get("/ping")(lambda: "pong")


@app.post("/predict")
def predict() -> dict[str, Any]:
    """What is on the picture."""
    return {"predictions": colours.find(flask.request.get_data())}


@app.errorhandler(colours.NoPictureError)
def refuse(error: Exception) -> tuple[dict[str, str], int]:
    """What the client is told."""
    return {"error": str(error)}, 400
