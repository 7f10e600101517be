"""A bar for each thing that takes long: a bake, an evaluation."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from passerelle.local import baking, evaluation
from passerelle.local.evaluation import Evaluation
from passerelle.local.variants import Variant
from passerelle.manifest.model import Model


def bars(doing: str, console: Console, *, hidden: bool = False) -> Progress:
    """Bars that say what is done to which model."""
    columns = (
        TextColumn(f"{doing} {{task.fields[model]}}", markup=False),
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=hidden)


def baked(models: Sequence[Model], artifacts: Path, console: Console) -> list[baking.Result]:
    """The models' artifacts. Those that are missing are baked, with a bar for each."""
    missing = baking.missing(tuple(models), artifacts)
    with bars("baking", console, hidden=not missing) as progress:
        return [
            baked_one(model, artifacts, progress if model in missing else None) for model in models
        ]


def baked_one(model: Model, artifacts: Path, progress: Progress | None) -> baking.Result:
    """The artifact of one model, with a bar where one is wanted."""
    if progress is None:
        return baking.bake(model, artifacts, lambda *_: None)
    task = progress.add_task("", model=model.id)

    def report(step: str, number: int, steps: int) -> None:
        progress.update(task, description=step, completed=number, total=steps)

    result = baking.bake(model, artifacts, report)
    if result.error:
        progress.console.print(f"{model.id} was not baked: {result.error}", style="red")
    return result


def evaluated(
    variants: list[Variant], evaluation: Evaluation, console: Console
) -> list[evaluation.Result]:
    """What was found of each variant."""
    with bars("evaluating", console) as progress:
        return [evaluated_one(variant, evaluation, progress) for variant in variants]


def evaluated_one(
    variant: Variant, evaluation: Evaluation, progress: Progress
) -> evaluation.Result:
    """What was found of one variant."""
    count = len(evaluation.files)
    task = progress.add_task("", model=variant.model.id, total=count)

    def report(done: int) -> None:
        progress.update(task, description=f"{done} of {count} pictures", completed=done)

    result = evaluation.run(variant, report)
    if result.error:
        progress.console.print(f"{variant.model.id} was not evaluated: {result.error}", style="red")
    return result
