# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201
# Its packages are only in its own virtual environment, and servers act on annotations.
"""FastAPI + uvicorn: the picture as the raw body, decoded and inferred beside the event loop."""

import io

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

from bench.peers import model

app = FastAPI()
classify = model.load()


@app.post("/predict")
async def predict(request: Request):
    """What is on the picture in the body."""
    return await run_in_threadpool(answer, await request.body())


def answer(encoded):
    """Decode and infer, beside the event loop."""
    return {"predictions": classify([model.pixels(io.BytesIO(encoded))])[0]}
