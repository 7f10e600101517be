"""Build time: START HERE for baking. A recipe -> a checked artifact.

    python -m services.bake.pipeline STORE < recipe.json

prints a line of JSON as each step begins, and at the end the artifact's folder or the error.
"""

import importlib.metadata
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from passerelle.artifact import card, labels, store
from passerelle.manifest.model import Recipe
from services.bake import architecture, calibration, convert, quantization, weights
from services.model import engines, processors

TOLERANCE = 1e-3  # of the logits' greatest magnitude, between artifact and torch module
STEPS = ("weights", "convert", "check", "bf16", "int8", "measure")
RUNS = 20  # inferences that the latency is the median of

Report = Callable[[str], None]


class BakeError(Exception):
    """A bake that must not be served; the text says why and what to do."""


FORESEEN = (
    BakeError,
    architecture.ArchitectureError,
    calibration.CalibrationError,
    weights.WeightsError,
)


def bake(recipe: Recipe, artifacts: Path, report: Report) -> Path:
    """Bake a recipe into its folder under `artifacts`.

    Raises:
        FORESEEN
    """
    target = store.folder(artifacts, recipe)
    artifacts.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".baking-", dir=artifacts))
    try:
        report("weights")
        built = architecture.build(recipe, artifacts / "downloads")
        module = convert.Normalised(built.module, built.input).eval()
        report("convert")
        converted(recipe, module, built.input, made)
        report("check")
        engine = engines.LOADERS[recipe.engine](made, processors.count(), "fp32")
        checked = check(recipe, module, engine, built.input)
        names = named(recipe, built, checked.pop("classes"))
        agreement = None
        if recipe.precision != "fp32":
            report(recipe.precision)
            engine, agreement = lowered(recipe, engine, built.input, made)
        report("measure")
        measured = {"latency_ms": latency(engine, built.input.size), "size_mb": size(made)}
        labels.write(made, names)
        facts = {"check": checked, "agreement": agreement, "measured": measured}
        card.write(made, written(recipe, built, names, facts))
        publish(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def converted(recipe: Recipe, module: convert.Normalised, shape: card.Input, made: Path) -> None:
    """Convert the module for the recipe's engine.

    Raises:
        BakeError
    """
    try:
        convert.CONVERTERS[recipe.engine](module, shape.size, made)
    except Exception as error:
        other = {"openvino": "torch", "torch": "openvino"}[recipe.engine]
        raise BakeError(
            f"{recipe.id} can't be converted for {recipe.engine}; "
            f"try engine: {other}. The converter says: {str(error)[:500]}"
        ) from error


def check(
    recipe: Recipe, module: torch.nn.Module, engine: engines.Engine, shape: card.Input
) -> dict[str, Any]:
    """Compare the artifact with the torch module on real pictures.

    Raises:
        BakeError: they disagree by more than TOLERANCE, or the output isn't logits.
    """
    worst, classes = 0.0, 0
    for path in calibration.PICTURES:
        pixels = calibration.decoded(path, shape)
        with torch.inference_mode():
            expected = module(torch.from_numpy(pixels[np.newaxis])).numpy()
        if expected.ndim != 2:
            raise BakeError(f"{recipe.id} gives {expected.shape}, not (1, classes): no classifier.")
        with engine.stream() as stream:
            error = np.abs(stream.infer(pixels) - expected[0]).max() / np.abs(expected).max()
        worst, classes = max(worst, float(error)), expected.shape[1]
        if not error <= TOLERANCE:
            raise BakeError(
                f"{recipe.id}: on {path.name} the artifact differs from the torch module by "
                f"{error:.1e} of the largest logit, more than {TOLERANCE:.0e}. Use engine: torch."
            )
    return {
        "pictures": len(calibration.PICTURES),
        "error": worst,
        "tolerance": TOLERANCE,
        "classes": classes,
    }


def lowered(
    recipe: Recipe, full: engines.Engine, shape: card.Input, made: Path
) -> tuple[engines.Engine, dict[str, Any]]:
    """The model in the recipe's precision, and how often it agrees with fp32.

    Raises:
        BakeError: less often than the manifest accepts.
    """
    if recipe.precision == "int8":
        quantization.to_int8(made, calibration.ranges(recipe, shape))
    judge = calibration.judge(recipe, shape)
    lower = engines.LOADERS[recipe.engine](made, processors.count(), recipe.precision)
    share = quantization.agreement(lower, full, judge)
    accepted = recipe.accept.agreement if recipe.accept else 0.0
    if share < accepted:
        raise BakeError(
            f"{recipe.id} in {recipe.precision} agrees with fp32 on {share:.1%} of "
            f"{len(judge)} pictures; accept asks for {accepted:.1%}. Give a calibration folder of "
            "your own pictures, or accept less."
        )
    origin = "the calibration folder" if recipe.calibration else "crops of photographs"
    return lower, {"top1": round(share, 4), "pictures": len(judge), "of": origin}


def named(recipe: Recipe, built: architecture.Architecture, classes: int) -> list[str]:
    """The classes' names, as the manifest says, or else as the weights' publisher does.

    Raises:
        BakeError: not as many as the model has classes.
    """
    source = recipe.labels
    if source == "imagenet-1k":
        meta = architecture.import_torchvision().models.ResNet18_Weights.DEFAULT.meta
        names = list(meta["categories"])
    elif isinstance(source, list):
        names = source
    elif source:
        file = weights.local_file(source)
        names = file.read_text().splitlines() if file else []
    elif built.labels and len(built.labels) == classes:
        names = list(built.labels)
    else:
        names = [str(index) for index in range(classes)]
    if len(names) != classes:
        raise BakeError(f"{recipe.id} has {classes} classes, but labels names {len(names)}.")
    return names


def latency(engine: engines.Engine, side: int) -> float:
    """The median time of one inference on the idle engine, in milliseconds."""
    pixels, times = np.zeros((side, side, 3), np.uint8), []
    for _ in range(RUNS):
        begin = time.perf_counter()
        with engine.stream() as stream:
            stream.infer(pixels)
        times.append(time.perf_counter() - begin)
    return round(statistics.median(times) * 1000, 2)


def size(folder: Path) -> float:
    """The size of the files in a folder, in megabytes (10**6 bytes)."""
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 1)


def written(
    recipe: Recipe,
    built: architecture.Architecture,
    names: list[str],
    facts: dict[str, Any],
) -> card.Card:
    """The card of what was baked."""
    source = recipe.weights
    return card.Card(
        id=recipe.id,
        architecture=recipe.architecture,
        weights={
            "source": shown(source),
            "kind": weights.kind(source),
            "sha256": weights.file_digest(source) or recipe.sha256,
        },
        engine=recipe.engine,
        precision=recipe.precision,
        input=built.input,
        classes=len(names),
        labels=recipe.labels if isinstance(recipe.labels, str) else "as listed",
        **facts,
        versions={name: importlib.metadata.version(name) for name in store.TOOLS},
        digest=store.digest(recipe),
    )


def shown(source: str) -> str:
    """Where weights came from, for everyone to see: a file by its name alone."""
    return f"file:{Path(source).name}" if weights.kind(source) == "file" else source


def publish(made: Path, target: Path) -> None:
    """Move the finished folder to its place at once. Another bake may have been quicker."""
    made.chmod(0o755)
    if not store.baked(target):
        made.rename(target)


def main() -> int:
    """Bake the recipe on standard input. What libraries print goes to standard error."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it cleans up behind it
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(**line: Any) -> None:
        lines.write(json.dumps(line) + "\n")

    def report(step: str) -> None:
        say(step=step, number=STEPS.index(step), steps=len(STEPS))

    try:
        target = bake(Recipe.model_validate_json(sys.stdin.read()), Path(sys.argv[1]), report)
    except FORESEEN as error:
        say(error=str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        say(error=f"the bake failed unforeseen ({type(error).__name__}: {str(error)[:300]})")
        return 1
    say(folder=str(target))
    return 0


if __name__ == "__main__":
    sys.exit(main())
