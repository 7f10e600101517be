"""`passerelle evaluate`: every variant of a model on the same pictures, and what each one costs.

Each artifact is measured in a process of its own, by the code that serves it
(`services/bake/evaluation.py`). What it decides is compared here, picture by picture as it comes,
with the labels and with the fp32 model that it is a variant of (`judge.py`), and the result is
written on its card.
"""

import contextlib
import dataclasses
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from passerelle.artifact import card, labels
from passerelle.local import baking
from passerelle.local.dataset import Dataset, Labels
from passerelle.local.judge import Decisions, Judge
from passerelle.local.process import die_with_parent, environment
from passerelle.local.variants import Variant

Report = Callable[[int], None]  # pictures done


class EvaluateError(Exception):
    """A model that can't be measured; the text says why and what to do."""


@dataclasses.dataclass
class Measurement:
    """What an artifact costs."""

    skipped: dict[str, str]  # why each file could not be read
    measured: dict[str, Any]  # latency_ms, memory_mb, size_mb, processor


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one variant: its card's `evaluation`, or why there is none."""

    variant: Variant
    evaluation: dict[str, Any] | None
    skipped: dict[str, str]
    error: str = ""
    task: str = ""


@dataclasses.dataclass(frozen=True)
class Baked:
    """An artifact that is measured, with the labels of the pictures in its own numbers."""

    folder: Path
    card: card.Card
    names: list[str]
    labels: Labels


class Evaluation:
    """The artifacts and the pictures of one run, and the fp32 models' decisions so far."""

    def __init__(self, baked: Iterable[baking.Result], pictures: Dataset) -> None:
        """Find every model's labels, so that what is wrong with them is said before any work.

        Raises:
            pictures.PicturesError
        """
        self.files = [str(file) for file in pictures.files]
        self.artifacts: dict[str, Baked] = {}
        self.notes: list[str] = []  # how the labels fit the models
        for each in baked:
            if each.folder:
                found, names = card.read(each.folder), labels.read(each.folder)
                fitting = pictures.labels(found.task, names, each.model.id)
                self.artifacts[each.model.id] = Baked(each.folder, found, names, fitting)
                notes = pictures.notes(found.task, names, each.model.id)
                self.notes += [note for note in notes if note not in self.notes]
        self.decisions: dict[str, Decisions] = {}

    def run(self, variant: Variant, report: Report) -> Result:
        """Measure one variant and write it on its card. An fp32 model goes before its variants."""
        baked = self.artifacts.get(variant.model.id)
        if not baked:
            return Result(variant, None, {}, "it was not baked")
        try:
            judge = self.judge(variant, baked)
            measurement = measure(baked.folder, self.files, judge, report)
            if variant.is_reference:
                self.decisions[variant.model.id] = judge.decisions
            evaluation = self.summary(variant, judge, measurement)
            card.write_evaluation(baked.folder, evaluation)
        except EvaluateError as error:
            return Result(variant, None, {}, str(error))
        except OSError as error:
            return Result(variant, None, {}, f"its card can't be written: {error}")
        return Result(variant, evaluation, measurement.skipped, task=baked.card.task)

    def judge(self, variant: Variant, baked: Baked) -> Judge:
        """What compares a variant's decisions with its labels and with the fp32 model's."""
        expected = None if variant.is_reference else self.decisions.get(variant.reference.id)
        return Judge(baked.card, baked.names, baked.labels, expected)

    def summary(self, variant: Variant, judge: Judge, measurement: Measurement) -> dict[str, Any]:
        """The member `evaluation` of the variant's card."""
        agreement = judge.agreement
        return {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "pictures": judge.pictures,
            "skipped": len(measurement.skipped),
            "labelled": judge.labelled,
            **judge.figures(),
            "agreement": agreement,
            "agreement_with": None if agreement is None else variant.reference.id,
            **measurement.measured,
        }


def measure(folder: Path, files: list[str], judge: Judge, report: Report) -> Measurement:
    """Measure an artifact in a process of its own, which holds nothing else.

    Raises:
        EvaluateError
    """
    command = [sys.executable, "-m", "services.bake.evaluation", str(folder)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            env=environment({}),
            preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
        ) as child,
    ):
        measurement = follow(child, files, judge, report)
        if not measurement.measured:
            child.wait()
            errors.seek(0)
            raise EvaluateError(f"its process ended without a word: {errors.read()[-500:]}")
    if not judge.pictures:
        file, why = next(iter(measurement.skipped.items()))
        raise EvaluateError(f"none of {len(files)} pictures can be read, such as {file}: {why}")
    return measurement


def follow(
    child: "subprocess.Popen[str]", files: list[str], judge: Judge, report: Report
) -> Measurement:
    """Give a process its pictures and read its lines to the end.

    Raises:
        EvaluateError: what the process says is wrong.
    """
    assert child.stdin  # noqa: S101  # for the type checker: these are the caller's pipes
    assert child.stdout  # noqa: S101  # the same
    with contextlib.suppress(BrokenPipeError):  # it has died; its last line says why
        json.dump(files, child.stdin, allow_nan=False)
        child.stdin.close()
    return collect(child.stdout, judge, report)


def collect(lines: Iterable[str], judge: Judge, report: Report) -> Measurement:
    """What the lines of a process say, up to the one with what was measured.

    Raises:
        EvaluateError: what the process says is wrong.
    """
    measurement = Measurement({}, {})
    for line in lines:
        event = json.loads(line)
        if "error" in event:
            raise EvaluateError(event["error"])
        for file, decision in event.get("answers", {}).items():
            judge.add(file, decision)
        measurement.skipped |= event.get("skipped", {})
        report(judge.pictures + len(measurement.skipped))
        if "measured" in event:  # the last; a process that a library forked may hold the pipe
            measurement.measured = event["measured"]
            break
    return measurement
