"""One side of a comparison by task: an artifact, or the network itself in eager torch.

    python -m bench.task_side eager|artifact FOLDER < lines

reads a line of JSON with the recipe and the pictures, says `ready`, and then for each line, a
number of seconds, measures that long and prints a Measured as JSON. Both sides have the service's
own decoding, answer and number of threads: what differs is what infers.
"""

import dataclasses
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from passerelle.artifact import card
from passerelle.manifest.model import Recipe
from services.model import decode, models, processors, tasks, tensors
from services.model.tensors import Tensors

ARTIFACT, EAGER = SIDES = ("artifact", "eager")

Infer = Callable[[Tensors], Tensors]


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one side took for a picture."""

    pictures: int
    infer_ms: float  # the median
    whole_ms: float  # the median: decoded, inferred and answered
    cpu_ms: float  # processor time of all threads, on average


def main() -> None:
    """Load, and measure for as long as each line says."""
    side, folder = sys.argv[1:]
    asked = json.loads(sys.stdin.readline())
    encoded = [Path(each).read_bytes() for each in asked["pictures"]]
    threads = asked["threads"] or processors.count()
    model = models.load(Path(folder), card.read(Path(folder)), threads)
    infer: Infer = model.engine.infer
    if side == EAGER:
        infer = eager(Recipe.model_validate_json(asked["recipe"]), threads)
    answer(model, infer, encoded[0])  # the first is slower
    print("ready", flush=True)
    for line in sys.stdin:
        measured = measure(model, infer, encoded, float(line))
        print(json.dumps(dataclasses.asdict(measured)), flush=True)


def eager(recipe: Recipe, threads: int) -> Infer:
    """The recipe's network in eager torch, with the outputs that its task takes."""
    import torch

    from services.bake import architecture, forward

    sys.path[:0] = recipe.module_folders
    torch.set_num_threads(threads)
    built = architecture.build(recipe, Path())
    blank = {tensors.PIXELS: np.zeros((1, *built.input.shape), np.uint8)}
    chosen = forward.choose(recipe, tasks.TASKS[built.task], built.graph.run(blank))
    return lambda inputs: forward.taken(recipe.id, built.graph.run(inputs), chosen)


def measure(model: models.Model, infer: Infer, encoded: list[bytes], seconds: float) -> Measured:
    """Answer the pictures in turn for so many seconds, and each once at least."""
    times = []
    began, end = processor_seconds(), time.monotonic() + seconds
    for picture in in_turn(encoded):
        times.append(answer(model, infer, picture))
        if len(times) >= len(encoded) and time.monotonic() >= end:
            break
    inferred, whole = (1000 * statistics.median(each) for each in zip(*times, strict=True))
    spent = 1000 * (processor_seconds() - began) / len(times)
    return Measured(len(times), inferred, whole, spent)


def in_turn(encoded: list[bytes]) -> Iterator[bytes]:
    """The pictures, again and again."""
    while True:
        yield from encoded


def answer(model: models.Model, infer: Infer, encoded: bytes) -> tuple[float, float]:
    """Answer a picture: the seconds that the inference took, and all of it."""
    begin = time.perf_counter()
    prepared = decode.prepare(encoded, model.card.input, 10**9)
    inputs = {tensors.PIXELS: prepared.pixels[np.newaxis]}
    before = time.perf_counter()
    outputs: Any = infer(inputs)
    after = time.perf_counter()
    model.task.answer(outputs, prepared.placement, model.task.options({}))
    return after - before, time.perf_counter() - begin


def processor_seconds() -> float:
    """What this process's threads have taken so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
