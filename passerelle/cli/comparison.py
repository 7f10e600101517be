"""The tables of an evaluation, one for each task: each network's variants, and how they differ."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from passerelle.local import dataset
from passerelle.local.evaluation import Result
from services.bake import metrics

MAX_NAMED = 10  # pictures, of those that could not be read


def show(results: list[Result], fits: list[str], console: Console) -> None:
    """Print the tables, and below them what one must know to read them.

    `fits` says how the labels fit the models.
    """
    tasks = by_task(results)
    for number, (task, several) in enumerate(tasks.items()):
        if len(tasks) > 1:
            console.print("\n" * bool(number) + task, style="bold")
        console.print(table(several))
        for line in task_notes(task, several):
            console.print(line)
    for line in notes(results, fits) if tasks else []:
        console.print(line)


def by_task(results: list[Result]) -> dict[str, list[Result]]:
    """What was measured, of each task in the order of the manifest."""
    tasks: dict[str, list[Result]] = {}
    for each in results:
        if each.evaluation:
            tasks.setdefault(each.task, []).append(each)
    return tasks


def titles(results: list[Result]) -> dict[str, str]:
    """The figures of a task's metric that any of its models has, and what a column calls them."""
    known = {
        name: title for each in metrics.METRICS.values() for name, title in each.titles.items()
    }
    found = [each.evaluation for each in results if each.evaluation]
    return {
        name: title
        for name, title in known.items()
        if any(each.get(name) is not None for each in found)
    }


def table(results: list[Result]) -> Table:
    """The variants of one task by network, the fp32 one first and the others set in below it."""
    done = {each.variant.model.id: each.evaluation for each in results if each.evaluation}
    shares = titles(results)
    grid = Table(box=None, collapse_padding=True, pad_edge=False)
    grid.add_column("model", no_wrap=True)
    costs = ["agrees %", "infer ms", "p99", "decode ms", "memory MB", "disk MB"]
    for title in [*(f"{title} %" for title in shares.values()), *costs]:
        least = max(len("99.99"), *map(len, title.split()))  # so that no figure is cut
        grid.add_column(title, justify="right", min_width=least)
    network = ""
    for each in results:
        model, full = each.variant.model, each.variant.reference
        if network not in {"", full.id}:
            grid.add_row()
        network = full.id
        other = done.get(full.id, {}) if model is not full else {}
        name = model.id if model is full else f"  {model.id}"
        grid.add_row(name, *cells(done[model.id], other, shares))
    return grid


def cells(found: dict[str, Any], other: dict[str, Any], shares: Iterable[str]) -> list[str]:
    """A row: each figure, and below it how it differs from the fp32 model's, for a variant."""
    infer, decode = (found["latency_ms"][step] for step in ("infer", "decode"))
    full = other.get("latency_ms", {}).get("infer", {})
    return [
        *(share(found.get(name), other.get(name)) for name in shares),
        share(found["agreement"], None),
        figure(infer["median"], full.get("median"), 2),
        f"{infer['p99']:.2f}",
        f"{decode['median']:.2f}",
        figure(found["memory_mb"], other.get("memory_mb"), 0),
        figure(found["size_mb"], other.get("size_mb"), 1),
    ]


def share(found: float | None, other: float | None) -> str:
    """A share as a percentage, and below it how many points it differs from another."""
    if found is None:
        return ""
    points = "" if other is None else f"\n{(found - other) * 100:+.2f}"
    return f"{found * 100:.2f}{points}"


def figure(found: float | None, other: float | None, digits: int) -> str:
    """A figure, and below it by what part of another it differs from that."""
    if found is None:
        return ""
    part = f"\n{found / other - 1:+.0%}" if other else ""
    return f"{found:.{digits}f}{part}"


def task_notes(task: str, results: list[Result]) -> list[str]:
    """What one must know of the figures of one task."""
    from services.model import tasks

    lines = []
    found = [each.evaluation for each in results if each.evaluation]
    if task in dataset.ADVICE and not any(each["labelled"] for each in found):
        metric = metrics.METRICS[tasks.TASKS[task].metric or ""].titles
        lines.append(f"No labels, so no {' or '.join(metric.values())}: {dataset.ADVICE[task]}.")
    if any(each["agreement_with"] for each in found):
        what = tasks.TASKS[task].agreement_is
        lines.append(f"agrees: {what} with the fp32 model above; +/-: against that one")
    return lines


def notes(results: list[Result], fits: list[str]) -> list[str]:
    """What the tables stand on: how many pictures, on what, and which were left out."""
    found = next(each.evaluation for each in results if each.evaluation)
    skipped = dict(item for each in results for item in each.skipped.items())
    most = max(each.evaluation["labelled"] for each in results if each.evaluation)
    lines = [f"{found['pictures']} pictures, {most} labelled, on {found['processor']}", *fits]
    lines += [f"skipped {file}: {why}" for file, why in [*skipped.items()][:MAX_NAMED]]
    if len(skipped) > MAX_NAMED:
        lines.append(f"… and {len(skipped) - MAX_NAMED} more that can't be read")
    return lines
