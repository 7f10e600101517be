"""Measure a baked model as it is served: the same loading, decoding and inference, without HTTP.

    python -m services.bake.evaluation ARTIFACT < pictures.json

takes a list of files, prints about once a second a line of JSON with the answers since the last,
and at the end what was measured, or the error. The process holds this model alone, and keeps no
answers, so its memory is the model's.
"""

import dataclasses
import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from passerelle.artifact import labels
from passerelle.protocol import problems
from passerelle.server import memory
from services.model import decode, settings
from services.model.models import Model, Models

TOP = 5  # classes that are kept of an answer
EVERY = 1.0  # seconds between two lines
WARM = 5  # pictures answered before the clock runs
UNREADABLE = (OSError, problems.Problem)

Answers = dict[str, list[int]]  # the likeliest classes of each file, best first
Skipped = dict[str, str]  # why each file could not be read
Report = Callable[[Answers, Skipped], None]


@dataclasses.dataclass
class Times:
    """What each picture took, in milliseconds."""

    decode: list[float] = dataclasses.field(default_factory=list)
    infer: list[float] = dataclasses.field(default_factory=list)


def evaluate(folder: Path, files: list[str], report: Report) -> dict[str, Any]:
    """Answer every picture, one after the other, with the settings that a service has by default.

    Raises:
        problems.ServiceUnavailable: the artifact can't be loaded.
    """
    memory.return_freed_memory()
    options = settings.read({"PASSERELLE_ARTIFACTS": str(folder)})
    models = Models((folder,), options.inference_threads)
    models.load()
    model = models.find(*models.places)
    look(model, files[:WARM], options.max_pixels, lambda *_: None)
    times = look(model, files, options.max_pixels, report)
    return {
        "latency_ms": {"decode": spread(times.decode), "infer": spread(times.infer)},
        "memory_mb": resident(),
        "size_mb": round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 1),
        "processor": f"{processor()}, {options.inference_threads} threads",
    }


def look(model: Model, files: list[str], max_pixels: int, report: Report) -> Times:
    """Answer some pictures. Those that can't be read are named and skipped."""
    times, told = Times(), time.monotonic()
    answers: Answers = {}
    skipped: Skipped = {}
    for file in files:
        try:
            answers[file] = answer(model, file, max_pixels, times)
        except UNREADABLE as error:
            skipped[file] = str(getattr(error, "strerror", None) or error)
        if time.monotonic() > told + EVERY:
            report(answers, skipped)
            answers, skipped, told = {}, {}, time.monotonic()
    report(answers, skipped)
    return times


def answer(model: Model, file: str, max_pixels: int, times: Times) -> list[int]:
    """The likeliest classes of a picture, by the way that `app.predict` takes; timed.

    Raises:
        UNREADABLE
    """
    encoded = Path(file).read_bytes()
    with model.engine.stream() as stream:
        begin = time.perf_counter()
        pixels = decode.pixels(encoded, model.card.input, max_pixels)
        decoded = time.perf_counter()
        logits = stream.infer(pixels)
        end = time.perf_counter()
    times.decode.append((decoded - begin) * 1000)
    times.infer.append((end - decoded) * 1000)
    best = labels.predictions(logits, model.names, min(TOP, model.card.classes))
    return [each["class_id"] for each in best]


def spread(times: list[float]) -> dict[str, float]:
    """The median and the 99th percentile; nothing where no picture could be read."""
    if not times:
        return {}
    median, p99 = np.percentile(times, [50, 99])
    return {"median": round(float(median), 2), "p99": round(float(p99), 2)}


def resident() -> float | None:
    """This process's memory in megabytes (10**6 bytes); None where the system doesn't tell."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return None
    return round(int(found[1]) * 1024 / 1e6, 1) if found else None


def processor() -> str:
    """The processor's name, as far as the system knows it."""
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def main() -> int:
    """Evaluate on the files that standard input lists. What libraries print goes to stderr."""
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(**line: Any) -> None:
        lines.write(json.dumps(line) + "\n")

    def report(answers: Answers, skipped: Skipped) -> None:
        say(answers=answers, skipped=skipped)

    try:
        measured = evaluate(Path(sys.argv[1]), json.load(sys.stdin), report)
    except problems.Problem as error:
        say(error=error.detail)
        return 1
    say(measured=measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
