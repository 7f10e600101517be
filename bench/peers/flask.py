# mypy: ignore-errors
# ruff: noqa: ANN201
# Its packages are only in its own virtual environment, and servers act on annotations.
"""Flask + gunicorn: gunicorn's threaded workers, the picture as the raw body."""

import io

import flask

from bench.peers import model

app = flask.Flask("peer")
classify = model.load()


@app.post("/predict")
def predict():
    """What is on the picture in the body."""
    return {"predictions": classify([model.pixels(io.BytesIO(flask.request.get_data()))])[0]}
