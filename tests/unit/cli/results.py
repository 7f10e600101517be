"""Results of an evaluation, as if measured: an fp32 model and its int8 variant."""

from typing import Any

from passerelle.local.evaluation import Result, Variant
from tests.unit.local.fake import model

FP32, INT8 = model("net"), model("net-int8")


def figures(latency: float, *, labelled: int = 3, agreement: float | None = None) -> dict[str, Any]:
    """The member `evaluation` of a card."""
    return {
        "pictures": 3, "skipped": 0, "labelled": labelled, "processor": "A Processor",
        "top1": 0.9 if labelled else None, "top5": 1.0 if labelled else None,
        "agreement": agreement, "agreement_with": "net" if agreement else None,
        "latency_ms": {"infer": {"median": latency, "p99": 9.0}, "decode": {"median": 2.0}},
        "memory_mb": 100, "size_mb": 20.0,
    }  # fmt: skip


def results(*, labelled: int = 3, skipped: int = 0) -> list[Result]:
    """Both, of which the variant takes half the time."""
    why = {f"{number}.jpg": "broken" for number in range(skipped)}
    half = figures(5.0, labelled=labelled, agreement=0.5)
    return [
        Result(Variant(FP32, FP32), figures(10.0, labelled=labelled), why),
        Result(Variant(INT8, FP32), half, why),
    ]
