"""The models as the page lists them: their tasks, and the figures on their cards."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.frontend import errors, findings
from services.frontend.findings.pipeline import Pipeline
from services.frontend.findings.tensor import Tensor

Model = Mapping[str, Any]  # as GET /models has it

METRICS = {  # of a card's evaluation: how the page writes them, which is the same in all languages
    "top1": "top-1", "top5": "top-5", "map": "mAP", "map50": "mAP@50", "miou": "mIoU",
    "recall1": "recall@1",
}  # fmt: skip

BY_PROTOCOL = {  # of models that have no card
    "oip": Tensor.kind, "pipeline": Pipeline.kind, "raw": findings.RAW,
}  # fmt: skip


def task_of(model: Model) -> str:
    """A model's task, or what stands in its place; empty while there is no card of it."""
    if model["card"]:
        return str(model["card"].get("task", findings.DEFAULT_TASK))
    return BY_PROTOCOL.get(str(model.get("protocol")), "")


def by_task(models: Iterable[Model]) -> dict[str, list[Model]]:
    """The models of each task, in their order."""
    groups: dict[str, list[Model]] = {}
    for each in models:
        groups.setdefault(task_of(each), []).append(each)
    return groups


def check_one_task(models: Iterable[Model]) -> None:
    """Raise unless all have one task.

    Raises:
        PageError
    """
    if len(by_task(models)) > 1:
        raise errors.several_tasks()


def measures(evaluation: Mapping[str, Any] | None) -> list[tuple[str, float]]:
    """The figures of a card's evaluation against labels, 0..1, with their names."""
    found = {metric: (evaluation or {}).get(metric) for metric in METRICS}
    return [(METRICS[metric], share) for metric, share in found.items() if share is not None]


def agreement(of_card: Mapping[str, Any] | None) -> float | None:
    """How far a card's model agrees with that of full precision, 0..1."""
    found = of_card or {}
    value: float | None = found.get("value", found.get("top1"))
    return value
