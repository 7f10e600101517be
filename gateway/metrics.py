"""The gateway's metrics: how its models do, and what was refused, and why."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from prometheus_client import Counter, Histogram

from gateway import credentials, promoting
from gateway.any_route import AnyRoute
from gateway.balancing.load import Load
from gateway.limits.shared import Shared
from gateway.state import State
from gateway.upstream import Limits
from passerelle.protocol import statuses
from passerelle.server.messages import Request
from passerelle.server.metrics import Metrics, Values

MODEL = ("model",)
UPSTREAM = "upstream"  # the step of a request that is its service's
ELSEWHERE = "elsewhere"  # a limit that isn't the gateway's
T = TypeVar("T", Counter, Histogram)


class Children(Generic[T]):
    """The series of a metric by the values of their labels: looked up once for each."""

    def __init__(self, metric: T) -> None:
        self._metric: T = metric
        self._known: dict[tuple[str, ...], T] = {}

    def of(self, *values: str) -> T:
        """The series of these values."""
        if values not in self._known:
            self._known[values] = self._metric.labels(*values)
        return self._known[values]


class Observer:
    """Counts what became of the gateway's requests. Per process, of its event loop alone."""

    def __init__(self, metrics: Metrics) -> None:
        self._upstream = Children(
            metrics.histogram(
                "passerelle_upstream_duration_seconds",
                "How long the model's service took, its queue included.",
                MODEL,
            )
        )
        self._cache = Children(
            metrics.counter(
                "passerelle_cache_requests_total",
                "Requests of models with a cache, by what became of them there.",
                ("model", "result"),
            )
        )
        self._limited = Children(
            metrics.counter(
                "passerelle_limited_requests_total",
                "Requests past a limit, by which.",
                ("model", "limit"),
            )
        )
        self._refused = Children(
            metrics.counter(
                "passerelle_unauthorized_requests_total",
                "Requests without the right to what they asked, by why.",
                ("reason",),
            )
        )

    def __call__(self, request: Request, status: int) -> None:
        """Count a request that has ended."""
        span = request.span
        model = span.attributes.get("model", "")
        for name, seconds in span.times.items():
            own, _, step = name.rpartition(".")
            if step == UPSTREAM:  # of a pipeline, that of one of its models
                self._upstream.of(own or model).observe(seconds)
        if results := span.fields.get("cache"):
            for result in results.split(", "):
                self._cache.of(model, result).inc()
        if status in (401, 403):
            self._refused.of(reason(request, status)).inc()
        elif status == 429:
            self._limited.of(model, span.attributes.get("limit", ELSEWHERE)).inc()


def reason(request: Request, status: int) -> str:
    """Why somebody may not do what they asked."""
    client = credentials.client(request, request.values)
    if client.key_in_query:
        return "key_in_address"
    if status == 403:
        return "not_permitted"
    return "not_valid" if client.api_key else "no_credential"


def outcome(status: int) -> str:
    """What became of a request."""
    return "answer" if status < 400 else "refusal" if status < 500 else "error"


def of(gateway: State, limits: Limits) -> Metrics:
    """The gateway's metrics; their observer counts its requests, retries and ejections."""
    metrics = Metrics()
    metrics.observers.append(Observer(metrics))
    limits.retry_budget.on_retry = by_model(
        metrics, "passerelle_retries_total", "Requests that another replica was asked."
    )
    limits.shared.on_ejection = by_model(
        metrics, "passerelle_ejections_total", "Times that a replica was left out, as it failed."
    )
    limits.shared.on_open = by_model(
        metrics, "passerelle_breaker_openings_total", "Times that a model's breaker opened."
    )
    variants = Children(
        metrics.counter(
            "passerelle_variant_requests_total",
            "Requests that a split's variant, a model with a mirror or its mirror was asked.",
            ("model", "variant", "kind", "outcome"),
        )
    )
    gateway.traffic.on_count = lambda model, variant, kind, status: variants.of(
        model, variant, kind, outcome(status)
    ).inc()
    read_models(metrics, gateway)
    read_loads(metrics, gateway)
    promoting.measure(metrics, gateway)
    store = gateway.limits
    if isinstance(store, Shared):
        metrics.shared_gauge(
            "passerelle_limits_alone", "Workers that count limits alone, as Redis is away.", (),
            lambda: [((), store.is_lost)],
        )  # fmt: skip
    return metrics


def by_model(metrics: Metrics, name: str, description: str) -> Callable[[str], None]:
    """What counts one more for a model."""
    children = Children(metrics.counter(name, description, MODEL))
    return lambda model_id: children.of(model_id).inc()


def read_models(metrics: Metrics, gateway: State) -> None:
    """Have the gauges of each model read when they are scraped."""

    def routes() -> Iterator[AnyRoute]:
        found = gateway.routes.current
        yield from found.by_id.values()
        yield from found.pipelines.values()
        yield from found.splits.values()

    def in_flight() -> Values:
        return [((each.model.id,), each.history.in_flight) for each in routes()]

    def replicas(state: str) -> Values:
        return [((each.model.id,), each.current.replicas[state]) for each in routes()]

    def model_status() -> Values:
        for each in routes():
            now = each.current.status.status
            for status in statuses.BEST_FIRST:
                yield (each.model.id, status), status == now

    metrics.shared_gauge(
        "passerelle_requests_in_flight", "Requests of a model that have no answer yet.", MODEL,
        in_flight,
    )  # fmt: skip
    metrics.gauge(
        "passerelle_replicas_known", "Replicas of a model's service.", MODEL,
        lambda: replicas("known"),
    )  # fmt: skip
    metrics.gauge(
        "passerelle_replicas_ready", "Replicas on which a model is ready.", MODEL,
        lambda: replicas("ready"),
    )  # fmt: skip
    metrics.gauge(
        "passerelle_replicas_ejected", "Replicas that are left out, as a model fails there.", MODEL,
        lambda: replicas("ejected"),
    )  # fmt: skip
    metrics.gauge(
        "passerelle_model_status", "1 for the status that a model has, 0 for the others.",
        ("model", "status"), model_status,
    )  # fmt: skip


def read_loads(metrics: Metrics, gateway: State) -> None:
    """The same of how a model's service keeps up."""

    def loads() -> Iterator[Load]:
        for each in gateway.routes.current.by_id.values():
            yield each.current.upstream.slots.load(each.model.id)

    metrics.gauge(
        "passerelle_breaker_open", "1 while a model isn't asked, as it fails.", MODEL,
        lambda: [((each.model_id,), each.breaker.refuses) for each in loads()],
    )  # fmt: skip
    metrics.gauge(
        "passerelle_in_flight_limit", "Requests that a model may have with its service at once.",
        MODEL, lambda: [((each.model_id,), each.limit.value) for each in loads()],
    )  # fmt: skip
