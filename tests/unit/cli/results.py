"""Results of an evaluation, as if measured: an fp32 model and its int8 variant, of any task."""

from typing import Any

from passerelle.local.evaluation import Result
from passerelle.local.variants import Variant
from tests.unit.local.fake import model

FP32, INT8 = model("net"), model("net-int8")


METRICS = {
    "classification": {"top1": 0.9, "top5": 1.0},
    "detection": {"map": 0.4, "map50": 0.6},
    "segmentation": {"miou": 0.7},
    "embedding": {"recall1": 0.8},
    "tensor": dict[str, float](),
}


def figures(
    task: str, latency: float, *, labelled: int = 3, agreement: float | None = None
) -> dict[str, Any]:
    """The member `evaluation` of a card."""
    metric = METRICS[task]
    return {
        "pictures": 3, "skipped": 0, "labelled": labelled if metric else 0,
        "processor": "A Processor",
        **(metric if labelled else dict.fromkeys(metric)),
        "agreement": agreement, "agreement_with": "net" if agreement else None,
        "latency_ms": {"infer": {"median": latency, "p99": 9.0}, "decode": {"median": 2.0}},
        "memory_mb": 100, "size_mb": 20.0,
    }  # fmt: skip


def results(task: str = "classification", *, labelled: int = 3, skipped: int = 0) -> list[Result]:
    """Both, of which the variant takes half the time."""
    why = {f"{number}.jpg": "broken" for number in range(skipped)}
    full = figures(task, 10.0, labelled=labelled)
    half = figures(task, 5.0, labelled=labelled, agreement=0.5)
    return [
        Result(Variant(FP32, FP32), full, why, task=task),
        Result(Variant(INT8, FP32), half, why, task=task),
    ]
