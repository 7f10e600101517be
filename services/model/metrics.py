"""The model service's metrics: where a picture's time goes, and what there is room for."""

from collections.abc import Callable

from passerelle.protocol import statuses
from passerelle.server.messages import Request
from passerelle.server.metrics import Metrics, Values
from services.model.memory_budget import Budget
from services.model.models import Models
from services.model.scheduler import Scheduler

MODEL = ("model",)
ROOM: tuple[tuple[str, str, Callable[[Scheduler], int]], ...] = (
    ("passerelle_queue_length", "Requests that wait for a slot.", lambda each: each.queued),
    ("passerelle_queue_limit", "How many may wait.", lambda each: each.max_queued),
    ("passerelle_slots", "Pictures that can be worked on at once.", lambda each: each.slots),
    ("passerelle_slots_busy", "Pictures that are worked on.", lambda each: each.busy),
)  # in each model's scheduler


class Observer:
    """Counts what became of the requests. Per process, of its event loop alone."""

    def __init__(self, metrics: Metrics) -> None:
        self._steps = metrics.histogram(
            "passerelle_step_duration_seconds",
            "How long each step of a request took, all its pictures together; queue is the wait.",
            ("model", "step"),
        )
        self._pictures = metrics.counter(
            "passerelle_pictures_total",
            "Pictures of answered requests, those with a problem too, or rows of tensors.",
            MODEL,
        )

    def __call__(self, request: Request, status: int) -> None:
        """Count a request that has ended."""
        span = request.span
        if model := span.attributes.get("model"):
            for step, seconds in span.times.items():
                self._steps.labels(model, step).observe(seconds)
            if status < 400:
                self._pictures.labels(model).inc(span.fields.get("pictures", 1))


def of(models: Models, decode_memory: Budget) -> Metrics:
    """The metrics of these models, and of the memory that their pictures are decoded in."""
    metrics = Metrics()
    metrics.observers.append(Observer(metrics))
    for name, text, read in ROOM:
        metrics.gauge(name, text, MODEL, of_schedulers(models, read))
    metrics.gauge(
        "passerelle_model_status",
        "1 for the status that a model has, 0 for the others.",
        ("model", "status"),
        lambda: [
            ((model, status), now["status"] == status)
            for model, now in models.statuses.items() for status in statuses.BEST_FIRST
        ],
    )  # fmt: skip
    metrics.counted(
        "passerelle_non_finite_pictures_total",
        "Pictures for which a model gave NaN or infinity.",
        MODEL,
        lambda: [((model,), state.non_finite) for model, state in models.states.items()],
    )
    metrics.gauge(
        "passerelle_decode_memory_bytes",
        "What pictures take while they are decoded.",
        (),
        lambda: [((), decode_memory.used)],
    )
    metrics.gauge(
        "passerelle_decode_memory_limit_bytes",
        "What all of them may take.",
        (),
        lambda: [((), decode_memory.limit)],
    )
    return metrics


def of_schedulers(models: Models, read: Callable[[Scheduler], int]) -> Callable[[], Values]:
    """What is read of each loaded model's scheduler."""
    return lambda: [
        ((model,), read(state.model.scheduler))
        for model, state in models.states.items() if state.model
    ]  # fmt: skip
