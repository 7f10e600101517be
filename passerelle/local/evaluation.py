"""`passerelle evaluate`: every variant of a model on the same pictures, and what each one costs.

Each artifact is measured in a process of its own, by the code that serves it
(`services/bake/evaluation.py`). Here its answers are compared, with the labels and with those of
the fp32 model that it is a variant of, and what came of it is written on its card.
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

from passerelle.artifact import card
from passerelle.local import baking, dataset
from passerelle.local.dataset import Pictures
from passerelle.local.process import die_with_parent
from passerelle.manifest.model import Model, Models

NETWORK = {"architecture", "arguments", "keywords", "weights", "sha256"}  # of all variants alike

Answers = dict[str, list[int]]  # the likeliest classes of each file, best first
Report = Callable[[int], None]  # pictures done


class EvaluateError(Exception):
    """A model that can't be measured; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Variant:
    """A model, and the fp32 model that it is compared with: itself, for that one."""

    model: Model
    full: Model


@dataclasses.dataclass
class Found:
    """What a process of its own found of one artifact."""

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
            full = reference(group)
            found.append(Variant(full, full))
            found += [Variant(model, full) for model in chosen if model is not full]
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
        """Find the pictures' classes, so that what is wrong with them is told before any work.

        Raises:
            labelled.PicturesError
        """
        self.folders = {each.model.id: each.folder for each in baked if each.folder}
        self.files = [str(each.path) for each in pictures]
        self.truths = {
            model_id: dataset.classes(pictures, names(folder), model_id)
            for model_id, folder in self.folders.items()
        }
        self.answers: dict[str, Answers] = {}

    def of(self, variant: Variant, report: Report) -> Result:
        """Measure one variant and write it on its card. An fp32 model goes before its variants."""
        model_id = variant.model.id
        if model_id not in self.folders:
            return Result(variant, None, {}, "it was not baked")
        try:
            found = measure(self.folders[model_id], self.files, report)
            self.answers[model_id] = found.answers
            evaluation = self.written(variant, found)
            card.evaluated(self.folders[model_id], evaluation)
        except EvaluateError as error:
            return Result(variant, None, {}, str(error))
        except OSError as error:
            return Result(variant, None, {}, f"its card can't be written: {error}")
        return Result(variant, evaluation, found.skipped)

    def written(self, variant: Variant, found: Found) -> dict[str, Any]:
        """The member `evaluation` of the variant's card."""
        top1, top5, of = scores(found.answers, self.truths[variant.model.id])
        full = self.answers.get(variant.full.id) if variant.model is not variant.full else None
        return {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "pictures": len(found.answers),
            "skipped": len(found.skipped),
            "labelled": of,
            "top1": top1,
            "top5": top5,
            "agreement": agreement(found.answers, full) if full else None,
            "agreement_with": variant.full.id if full else None,
            **found.measured,
        }


def names(folder: Path) -> list[str]:
    """The names of an artifact's classes."""
    from passerelle.artifact import labels  # imports numpy, which the other commands don't wait for

    return labels.read(folder)


def scores(answers: Answers, truth: dict[str, int]) -> tuple[float | None, float | None, int]:
    """Top-1 and top-5 (0..1), and of how many pictures: those that are labelled and were read."""
    judged = [(best, truth[file]) for file, best in answers.items() if file in truth]
    if not judged:
        return None, None, 0
    top1, top5 = (
        round(sum(right in best[:count] for best, right in judged) / len(judged), 4)
        for count in (1, 5)
    )
    return top1, top5, len(judged)


def agreement(answers: Answers, full: Answers) -> float:
    """The share of pictures (0..1) on which two models find the same class the likeliest."""
    both = [file for file in answers if file in full]
    return round(sum(answers[file][0] == full[file][0] for file in both) / max(1, len(both)), 4)


def measure(folder: Path, files: list[str], report: Report) -> Found:
    """Measure an artifact in a process of its own, which holds nothing else.

    Raises:
        EvaluateError
    """
    command = [sys.executable, "-m", "services.bake.evaluation", str(folder)]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=errors,
            text=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
        ) as child,
    ):
        found = heard(child, files, report)
        if not found.measured:
            child.wait()
            errors.seek(0)
            raise EvaluateError(f"its process ended without a word: {errors.read()[-500:]}")
    if not found.answers:
        file, why = next(iter(found.skipped.items()))
        raise EvaluateError(f"none of {len(files)} pictures can be read, such as {file}: {why}")
    return found


def heard(child: "subprocess.Popen[str]", files: list[str], report: Report) -> Found:
    """Give a process its pictures and follow it to its end.

    Raises:
        EvaluateError: what the process says is wrong.
    """
    assert child.stdin  # noqa: S101  # for the type checker: these are the caller's pipes
    assert child.stdout  # noqa: S101  # the same
    found = Found({}, {}, {})
    with contextlib.suppress(BrokenPipeError):  # it has died; what it said says why
        json.dump(files, child.stdin)
        child.stdin.close()
    for line in child.stdout:
        said = json.loads(line)
        if "error" in said:
            raise EvaluateError(said["error"])
        found.answers |= said.get("answers", {})
        found.skipped |= said.get("skipped", {})
        report(len(found.answers) + len(found.skipped))
        if "measured" in said:  # the last line; a process that a library forked may hold the pipe
            found.measured = said["measured"]
            break
    return found
