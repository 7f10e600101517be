"""START HERE for baking: `bake` is the way from a recipe to a checked artifact, in order."""

import dataclasses
import importlib.metadata
from collections.abc import Callable
from pathlib import Path

from passerelle.artifact import card, labels, opened_files, store, weight_sources
from passerelle.manifest.model import ONNX, Recipe
from services.bake import (
    activation,
    architecture,
    class_names,
    engine_file,
    forward,
    handler_code,
    measurement,
    onnx_network,
    opening,
    quantization,
    reference,
)
from services.bake.architecture import Architecture
from services.bake.errors import BakeError
from services.model import tasks
from services.model.handled import Handled

STEPS = ("weights", "convert", "check", "bf16", "int8", "measure")  # what a bake may report

Report = Callable[[str], None]  # takes a step as it begins


def bake(recipe: Recipe, artifacts: Path, report: Report) -> Path:
    """Bake a recipe into its folder under `artifacts`, which appears whole or not at all.

    Raises:
        errors.KNOWN
    """
    target = store.folder(artifacts, recipe)
    with store.new_folder(target) as folder, opening.recording() as opened:
        report("weights")
        build = onnx_network.build if recipe.architecture == ONNX else architecture.build
        handled = Handled(handler_code.load(recipe, folder), recipe.task or "")
        built = build(recipe, artifacts / "downloads", prepares=handled.prepares)
        report("convert")
        network = forward.run(recipe, built, handled)
        scoring = activation.find(recipe, network)
        count = built.classes if network.classes is None else network.classes
        names = class_names.find(recipe, built.labels, count)
        about = describe(recipe, built, network, scoring, names)
        engine, check = engine_file.make(recipe, network, folder, report)
        about = dataclasses.replace(about, check=dataclasses.asdict(check))
        if recipe.precision != "fp32":
            report(recipe.precision)
            task = tasks.of(about, names)
            engine, agreement = quantization.lower(
                recipe, engine, built.input, folder, task, handled
            )
            about = dataclasses.replace(about, agreement=dict(agreement))
        counted = reference.of(recipe, engine, built.input, tasks.of(about, names), handled)
        about = dataclasses.replace(about, reference=counted)
        report("measure")
        measured = measurement.measure(engine, network.inputs[0], folder)
        labels.write(folder, names)
        files = opened.digests(recipe, artifacts)
        opened_files.write(folder, files)
        digest = store.digest(recipe, files)
        card.write(folder, dataclasses.replace(about, measured=dict(measured), digest=digest))
        refuse_changes(recipe, target)
    return target


def refuse_changes(recipe: Recipe, target: Path) -> None:
    """Return only if what a bake was made of is still what its folder is named by.

    Raises:
        BakeError
    """
    if store.folder(target.parent, recipe) != target:
        raise BakeError(f"{recipe.id}: a file of it was changed meanwhile; bake it again.")


def describe(
    recipe: Recipe,
    built: Architecture,
    network: forward.Forward,
    scoring: activation.Found,
    names: list[str],
) -> card.Card:
    """The card of what is baked, as far as it is known before there is an engine."""
    return card.Card(
        id=recipe.id,
        task=network.task,
        architecture=recipe.architecture,
        weights={
            "source": public_source(recipe.weights),
            "kind": weight_sources.kind(recipe.weights),
            "sha256": weight_sources.file_digest(recipe.weights) or recipe.sha256,
            "made_in": built.made_in,
            "published": built.published,
            "settings": built.settings,
            "loaded": dataclasses.asdict(built.loaded) if built.loaded else None,
        },
        engine=recipe.engine,
        precision=recipe.precision,
        input=built.input,
        signature=network.signature,
        classes=len(names),
        output=network.output,
        activation=scoring.name,
        activation_from=scoring.source,
        multi_label=scoring.multi_label,
        labels=labels_source(recipe, built, names),
        labels_sha256=labels.sha256(names),
        handler=recipe.handler,
        check={},
        agreement=None,
        measured={},
        versions={name: importlib.metadata.version(name) for name in store.TOOLS},
        digest="",  # of what it was made of, which is known at the end
    )


def labels_source(recipe: Recipe, built: Architecture, names: list[str]) -> str:
    """Where the names of the classes come from, as `class_names.find` finds them."""
    if isinstance(recipe.labels, str):
        return public_source(recipe.labels)
    if recipe.labels is not None:
        return "as listed"
    if not names:
        return "none"
    if names != built.labels:
        return "numbers"
    return f"torchvision:{built.published}" if built.published else "the ONNX file's metadata"


def public_source(source: str) -> str:
    """Where weights or labels came from, for everyone to see: a file by its name alone."""
    is_file = weight_sources.kind(source) == "file"
    return f"file:{Path(source).name}" if is_file else source
