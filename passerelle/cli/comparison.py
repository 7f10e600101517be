"""The table of an evaluation: each network's variants, and how they differ from its fp32 model."""

from typing import Any

from rich.console import Console
from rich.table import Table

from passerelle.local.evaluation import Result

MAX_NAMED = 10  # pictures, of those that could not be read


def show(results: list[Result], console: Console) -> None:
    """Print the table, and below it what one must know to read it."""
    done = {each.variant.model.id: each.evaluation for each in results if each.evaluation}
    if not done:
        return
    has_labels = any(each["labelled"] for each in done.values())
    grid = table(results, done, has_labels=has_labels)
    console.print(grid)
    for line in notes(results, has_labels=has_labels):
        console.print(line)


def table(results: list[Result], done: dict[str, dict[str, Any]], *, has_labels: bool) -> Table:
    """The variants by network, the fp32 one first and the others set in below it."""
    grid = Table(box=None, collapse_padding=True, pad_edge=False)
    grid.add_column("model", no_wrap=True)
    shares = ["top-1 %", "top-5 %"] if has_labels else []
    for title in [*shares, "agrees %", "infer ms", "p99", "decode ms", "memory MB", "disk MB"]:
        least = max(len("99.99"), *map(len, title.split()))  # so that no figure is cut
        grid.add_column(title, justify="right", min_width=least)
    for number, each in enumerate(results):
        model, full = each.variant.model, each.variant.reference
        if number and model is full:
            grid.add_row()
        if model.id in done:
            other = done.get(full.id, {}) if model is not full else {}
            name = model.id if model is full else f"  {model.id}"
            grid.add_row(name, *cells(done[model.id], other, has_labels=has_labels))
    return grid


def cells(found: dict[str, Any], other: dict[str, Any], *, has_labels: bool) -> list[str]:
    """A row: each figure, and below it how it differs from the fp32 model's, for a variant."""
    infer, decode = (found["latency_ms"][step] for step in ("infer", "decode"))
    full = other.get("latency_ms", {}).get("infer", {})
    shares = [share(found[key], other.get(key)) for key in ("top1", "top5")]
    return [
        *(shares if has_labels else []),
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


def notes(results: list[Result], *, has_labels: bool) -> list[str]:
    """What the table stands on: how many pictures, on what, and which were left out."""
    found = next(each.evaluation for each in results if each.evaluation)
    skipped = dict(item for each in results for item in each.skipped.items())
    lines = [f"{found['pictures']} pictures, {found['labelled']} labelled, on {found['processor']}"]
    if not has_labels:
        lines.append(
            "No labels, so no accuracy: give a labels.csv, or a sub-folder for each class."
        )
    if any(each.evaluation and each.evaluation["agreement_with"] for each in results):
        lines.append("agrees: finds the same class as the fp32 model above; +/-: against that one")
    lines += [f"skipped {file}: {why}" for file, why in [*skipped.items()][:MAX_NAMED]]
    if len(skipped) > MAX_NAMED:
        lines.append(f"… and {len(skipped) - MAX_NAMED} more that can't be read")
    return lines
