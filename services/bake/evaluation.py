"""Measure a baked model as it is served: the same loading, decoding and inference, without HTTP.

    python -m services.bake.evaluation ARTIFACT < pictures.json

takes a list of files, prints about once a second a line of JSON with the {"answers"} and
{"skipped"} since the last, and at the end what was {"measured"}, or the {"error"}. The process
holds this model alone, and keeps no answers, so its memory is the model's.
"""

import contextlib
import dataclasses
import json
import platform
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from passerelle.protocol import problems
from passerelle.protocol.distribution import Distribution
from passerelle.server import memory
from services.bake import json_lines, measurement, reference
from services.model import decode, settings
from services.model.handler import HandlerError
from services.model.handler_output import Result
from services.model.models import Model, Models
from services.model.tasks.task import Decision

REPORT_INTERVAL = 1.0  # seconds
WARM_UP = 5  # pictures answered before the clock runs
UNREADABLE = (OSError, problems.Problem, HandlerError)  # what is wrong with a picture's file

Answers = dict[str, Decision]  # of each file, what its answer comes to
Skipped = dict[str, str]  # why each file could not be read
Report = Callable[[Answers, Skipped], None]


@dataclasses.dataclass
class Times:
    """How long each picture took, in milliseconds; and how the answers are distributed."""

    decode: list[float] = dataclasses.field(default_factory=list)
    infer: list[float] = dataclasses.field(default_factory=list)
    counted: Distribution = dataclasses.field(default_factory=Distribution)


def evaluate(folder: Path, files: list[str], report: Report) -> dict[str, Any]:
    """Answer every picture, one after the other, with the settings that a service has by default.

    Raises:
        problems.ServiceUnavailable: the artifact can't be loaded.
    """
    memory.return_freed_memory()
    options = settings.read({"PASSERELLE_ARTIFACTS": str(folder)})
    models = Models((folder,), options.inference_threads)
    models.load()
    model = models.find(*models.states)
    answer_all(model, files[:WARM_UP], options.max_pixels, lambda *_: None)
    times = answer_all(model, files, options.max_pixels, report)
    return {
        "latency_ms": {"decode": percentiles(times.decode), "infer": percentiles(times.infer)},
        "memory_mb": resident_memory(),
        "size_mb": measurement.size(folder),
        "processor": f"{processor()}, {options.inference_threads} threads",
        "reference": times.counted.document() if times.counted.pictures else None,
    }


def answer_all(
    model: Model,
    files: list[str],
    max_pixels: int,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
) -> Times:
    """Answer pictures, and report every REPORT_INTERVAL. Those that can't be read are skipped."""
    times, reported = Times(), clock()
    answers: Answers = {}
    skipped: Skipped = {}
    for file in files:
        try:
            answers[file] = answer(model, file, max_pixels, times)
        except UNREADABLE as error:
            skipped[file] = str(getattr(error, "strerror", None) or error)
        if clock() > reported + REPORT_INTERVAL:
            report(answers, skipped)
            answers, skipped, reported = {}, {}, clock()
    report(answers, skipped)
    return times


def answer(model: Model, file: str, max_pixels: int, times: Times) -> Decision:
    """What a picture's answer comes to, as `services.model.app.predict` finds it; timed.

    Raises:
        UNREADABLE
    """
    encoded = Path(file).read_bytes()
    begin = time.perf_counter()

    def fit(encoded: bytes) -> decode.Prepared:
        return decode.prepare(encoded, model.card.input, max_pixels)

    def whole(encoded: bytes) -> contextlib.AbstractContextManager[Image.Image]:
        return decode.whole(encoded, max_pixels)

    with model.handled.given(encoded, whole, fit) as given:
        decoded = time.perf_counter()
        outputs = model.handled.infer(given, model.engine.infer)
        end = time.perf_counter()
        made = model.handled.finished(outputs, given)
    times.decode.append((decoded - begin) * 1000)
    times.infer.append((end - decoded) * 1000)
    answered = outputs if isinstance(made, Result) else made
    reference.count(times.counted, model.task, answered, given.placement)
    return model.task.decision(answered, given.placement)


def percentiles(times: list[float]) -> dict[str, float]:
    """The median and the 99th percentile; nothing where no picture could be read."""
    if not times:
        return {}
    median, p99 = np.percentile(times, [50, 99])
    return {"median": round(float(median), 2), "p99": round(float(p99), 2)}


def resident_memory() -> float | None:
    """This process's memory in megabytes (10**6 bytes); None where the system doesn't show it."""
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
    """Evaluate on the files that standard input lists. Gives the exit code."""
    with json_lines.on_stdout() as write:

        def report(answers: Answers, skipped: Skipped) -> None:
            write(answers=answers, skipped=skipped)

        try:
            measured = evaluate(Path(sys.argv[1]), json.load(sys.stdin), report)
        except problems.Problem as error:
            write(error=error.detail)
            return 1
        write(measured=measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
