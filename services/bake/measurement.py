"""What a baked model costs: how long an inference takes, and how large its files are."""

import statistics
import time
from pathlib import Path
from typing import TypedDict

from services.model.engines.engine import Engine
from services.model.tensors import Tensors

RUNS = 20  # inferences that the latency is the median of


class Measured(TypedDict):
    """A card's `measured`."""

    latency_ms: float
    size_mb: float


def measure(engine: Engine, inputs: Tensors, folder: Path) -> Measured:
    """Measure an idle engine on one picture's inputs, and its artifact's folder."""
    return {"latency_ms": latency(engine, inputs), "size_mb": size(folder)}


def latency(engine: Engine, inputs: Tensors) -> float:
    """The median time of one inference, in milliseconds."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        engine.infer(inputs)
        times.append(time.perf_counter() - begin)
    return round(statistics.median(times) * 1000, 2)


def size(folder: Path) -> float:
    """The size of the files in a folder, in megabytes (10**6 bytes)."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 1)
