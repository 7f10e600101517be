"""`passerelle evaluate`: every variant of a model on the same pictures, and what each one costs.

Each artifact is measured in a process of its own, by the code that serves it
(`services/bake/evaluation.py`). Here its answers are compared, with the labels and with those of
the fp32 model that it is a variant of, and the result is written on its card.
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
from passerelle.local import baking, dataset
from passerelle.local.dataset import Pictures
from passerelle.local.process import die_with_parent, environment
from passerelle.manifest.model import Model, Models

# Alike in all variants.
NETWORK = {
    "architecture", "arguments", "keywords", "weights", "weights_key", "weights_strip", "sha256",
    "output", "task",
}  # fmt: skip

# Of each file, best first: the likeliest classes, or all that are found where several may be.
Answers = dict[str, list[int]]
Report = Callable[[int], None]  # pictures done


class EvaluateError(Exception):
    """A model that can't be measured; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Variant:
    """A model, and the fp32 model that it is compared with, which may be itself."""

    model: Model
    reference: Model

    @property
    def is_reference(self) -> bool:
        """Whether others are compared with it."""
        return self.model is self.reference


@dataclasses.dataclass
class Measurement:
    """One artifact's answers, and what they cost."""

    answers: Answers
    skipped: dict[str, str]  # why each file could not be read
    measured: dict[str, Any]  # latency_ms, memory_mb, size_mb, processor


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one variant: its card's `evaluation`, or why there is none."""

    variant: Variant
    evaluation: dict[str, Any] | None
    skipped: dict[str, str]
    error: str = ""


def variants(models: Models, ids: Iterable[str]) -> list[Variant]:
    """What to measure for the models of these ids, or for all: by network, the fp32 one first."""
    groups: dict[str, list[Model]] = {}
    for model in models:
        key = model.model_dump_json(include=NETWORK)
        groups.setdefault(key, []).append(model)
    found = []
    for group in groups.values():
        chosen = [model for model in group if not ids or model.id in ids]
        if chosen:
            fp32 = reference(group)
            chosen = [fp32, *(model for model in chosen if model is not fp32)]
            found += [Variant(model, fp32) for model in chosen]
    return found


def reference(group: list[Model]) -> Model:
    """The fp32 model of a network: the manifest's first, or one that is made for this alone."""
    for model in group:
        if model.precision == "fp32":
            return model
    first = group[0]
    fields = {"id": f"{first.id}-fp32", "precision": "fp32", "accept": None, "calibration": None}
    return first.model_copy(update=fields)


class Evaluation:
    """The artifacts and the pictures of one run, and the fp32 models' answers so far."""

    def __init__(self, baked: Iterable[baking.Result], pictures: Pictures) -> None:
        """Find the pictures' classes, so that what is wrong with them is said before any work.

        Raises:
            dataset.PicturesError
        """
        self.folders = {each.model.id: each.folder for each in baked if each.folder}
        self.files = [str(each.path) for each in pictures]
        self.classes = {
            model_id: dataset.classes(pictures, labels.read(folder), model_id)
            for model_id, folder in self.folders.items()
        }
        self.answers: dict[str, Answers] = {}

    def run(self, variant: Variant, report: Report) -> Result:
        """Measure one variant and write it on its card. An fp32 model goes before its variants."""
        model_id = variant.model.id
        if model_id not in self.folders:
            return Result(variant, None, {}, "it was not baked")
        try:
            measurement = measure(self.folders[model_id], self.files, report)
            self.answers[model_id] = measurement.answers
            evaluation = self.judge(variant, measurement)
            card.write_evaluation(self.folders[model_id], evaluation)
        except EvaluateError as error:
            return Result(variant, None, {}, str(error))
        except OSError as error:
            return Result(variant, None, {}, f"its card can't be written: {error}")
        return Result(variant, evaluation, measurement.skipped)

    def judge(self, variant: Variant, measurement: Measurement) -> dict[str, Any]:
        """The member `evaluation` of the variant's card."""
        answers, fp32_id = measurement.answers, variant.reference.id
        top1, top5, labelled = accuracy(answers, self.classes[variant.model.id])
        fp32 = None if variant.is_reference else self.answers.get(fp32_id)
        several = card.read(self.folders[variant.model.id]).multi_label
        return {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "pictures": len(answers),
            "skipped": len(measurement.skipped),
            "labelled": labelled,
            "top1": top1,
            "top5": top5,
            "agreement": agreement(answers, fp32, several=several) if fp32 else None,
            "agreement_with": fp32_id if fp32 else None,
            **measurement.measured,
        }


def accuracy(answers: Answers, classes: dict[str, int]) -> tuple[float | None, float | None, int]:
    """Top-1 and top-5 (0..1), and of how many pictures: those that are labelled and were read."""
    labelled = [(best, classes[file]) for file, best in answers.items() if file in classes]
    if not labelled:
        return None, None, 0
    top1, top5 = (
        round(sum(label in best[:count] for best, label in labelled) / len(labelled), 4)
        for count in (1, 5)
    )
    return top1, top5, len(labelled)


def agreement(one: Answers, other: Answers, *, several: bool = False) -> float:
    """The share of pictures (0..1) on which two models find the same class the likeliest.

    Where `several` may be found, or none, the share on which they find the same ones.
    """
    both = [file for file in one if file in other]
    count = None if several else 1
    same = [set(one[file][:count]) == set(other[file][:count]) for file in both]
    return round(sum(same) / max(1, len(both)), 4)


def measure(folder: Path, files: list[str], report: Report) -> Measurement:
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
        measurement = follow(child, files, report)
        if not measurement.measured:
            child.wait()
            errors.seek(0)
            raise EvaluateError(f"its process ended without a word: {errors.read()[-500:]}")
    if not measurement.answers:
        file, why = next(iter(measurement.skipped.items()))
        raise EvaluateError(f"none of {len(files)} pictures can be read, such as {file}: {why}")
    return measurement


def follow(child: "subprocess.Popen[str]", files: list[str], report: Report) -> Measurement:
    """Give a process its pictures and read its lines to the end.

    Raises:
        EvaluateError: what the process says is wrong.
    """
    assert child.stdin  # noqa: S101  # for the type checker: these are the caller's pipes
    assert child.stdout  # noqa: S101  # the same
    with contextlib.suppress(BrokenPipeError):  # it has died; its last line says why
        json.dump(files, child.stdin, allow_nan=False)
        child.stdin.close()
    return collect(child.stdout, report)


def collect(lines: Iterable[str], report: Report) -> Measurement:
    """What the lines of a process say, up to the one with what was measured.

    Raises:
        EvaluateError: what the process says is wrong.
    """
    measurement = Measurement({}, {}, {})
    for line in lines:
        event = json.loads(line)
        if "error" in event:
            raise EvaluateError(event["error"])
        measurement.answers |= event.get("answers", {})
        measurement.skipped |= event.get("skipped", {})
        report(len(measurement.answers) + len(measurement.skipped))
        if "measured" in event:  # the last; a process that a library forked may hold the pipe
            measurement.measured = event["measured"]
            break
    return measurement
