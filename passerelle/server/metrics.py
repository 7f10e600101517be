"""The metrics of one process, as Prometheus scrapes them (`GET /metrics`).

A process counts its requests by route, model and class of status, and adds what else it has to say.
A label holds what the code or the manifest names, and nothing that a client sends: no path, no key,
no id of a model that doesn't exist. So there are no more series than the manifest makes.

Counters and histograms are kept as they are counted. Gauges are read when somebody scrapes. Where
several workers share an address, what they counted is added up (metric_files.py).
"""

import asyncio
import dataclasses
import gzip
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics, exposition
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

import passerelle
from passerelle.protocol import contract
from passerelle.server import metric_files, process_metrics
from passerelle.server.application import Application, Observer
from passerelle.server.messages import Request, Response

PATH = "/metrics"
OTHER = "other"  # the route of what Flask answers, or nobody
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
BYTES = tuple(1000 * 4**each for each in range(9))  # 1 kB to 66 MB
SHARE_INTERVAL = 0.5  # seconds

Values = Iterable[tuple[tuple[str, ...], float]]  # the values of the labels, and the metric's


@dataclasses.dataclass(frozen=True)
class Reading:
    """A metric that is read when it is scraped."""

    name: str
    text: str
    labels: tuple[str, ...]
    read: Callable[[], Values]
    family: type[GaugeMetricFamily] | type[CounterMetricFamily] = GaugeMetricFamily

    def collect(self) -> Metric:
        """What it is now."""
        family = self.family(self.name, self.text, labels=self.labels)
        for values, value in self.read():
            family.add_metric(values, value)
        return family


class Metrics:
    """Those of an application, whose requests it observes. Per process."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.observers: list[Observer] = [self.observe]
        self._readings: list[Reading] = []
        self._shared: list[tuple[Reading, Gauge]] = []
        self._told: dict[str, dict[tuple[str, ...], float]] = {}  # of these, by name
        self._requests = self.histogram(
            "http_server_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ("route", "model", "status"),
        )
        labels = ("route", "model")
        self._received = self.histogram(
            "http_server_request_body_size_bytes",
            "What was read of a request's body.",
            labels,
            BYTES,
        )
        self._sent = self.histogram(
            "http_server_response_body_size_bytes",
            "What was sent of an answer's body.",
            labels,
            BYTES,
        )
        self._children: dict[tuple[str, str, int], tuple[Histogram, Histogram, Histogram]] = {}
        text = "The version, and that of the HTTP contract; always 1."
        build = (passerelle.__version__, contract.VERSION)
        self.gauge("passerelle_build_info", text, ("version", "contract"), lambda: [(build, 1)])

    def follow(self, app: Application) -> None:
        """Count an application's requests and connections."""
        app.observers += self.observers

        def connections() -> Values:
            counts = app.server.counts if app.server else {}
            return [((state,), count) for state, count in counts.items()]

        text = "Clients' connections, by what they do."
        self.shared_gauge("http_server_connections", text, ("state",), connections)

    def counter(self, name: str, text: str, labels: Sequence[str]) -> Counter:
        """A counter, whose name ends in _total."""
        return Counter(name, text, labels, registry=self.registry)

    def histogram(
        self, name: str, text: str, labels: Sequence[str], buckets: Sequence[float] = SECONDS
    ) -> Histogram:
        """A histogram; of seconds, unless its buckets are others."""
        return Histogram(name, text, labels, registry=self.registry, buckets=buckets)

    def gauge(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Values]
    ) -> None:
        """A gauge of which each worker knows the whole."""
        self._readings.append(Reading(name, text, labels, read))

    def counted(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Values]
    ) -> None:
        """A counter that is kept elsewhere, by a process with one worker."""
        self._readings.append(Reading(name, text, labels, read, CounterMetricFamily))

    def shared_gauge(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Values]
    ) -> None:
        """A gauge of which each worker has its part."""
        reading = Reading(name, text, labels, read)
        if metric_files.folder is None:
            self._readings.append(reading)
        else:
            gauge = Gauge(name, text, labels, registry=None, multiprocess_mode="livesum")
            self._shared.append((reading, gauge))

    def observe(self, request: Request, status: int) -> None:
        """Count a request that has ended."""
        span = request.span
        key = (request.route or OTHER, span.attributes.get("model", ""), status // 100)
        duration, received, sent = self._children.get(key) or self._add(key)
        duration.observe(time.perf_counter() - span.started)
        received.observe(request.received)
        sent.observe(request.sent)

    def _add(self, key: tuple[str, str, int]) -> tuple[Histogram, Histogram, Histogram]:
        """The histograms of requests of a kind, the first of which has come."""
        route, model, status = key
        found = self._children[key] = (
            self._requests.labels(route, model, f"{status}xx"),
            self._received.labels(route, model),
            self._sent.labels(route, model),
        )
        return found

    def share(self) -> None:
        """Tell the other workers this one's part of what they share."""
        for reading, gauge in self._shared:
            gone = dict.fromkeys(self._told.get(reading.name, ()), 0.0)
            self._told[reading.name] = now = gone | dict(reading.read())
            for values, value in now.items():
                (gauge.labels(*values) if values else gauge).set(value)

    async def watch(self) -> None:
        """Tell them again and again, where there are others."""
        while self._shared:
            self.share()
            await asyncio.sleep(SHARE_INTERVAL)

    async def response(self, request: Request) -> Response:
        """What a scrape is answered, in the form that it asks for.

        Gauges are read on the event loop, whose they are; the text is made beside it.
        """
        self.share()
        now = [each.collect() for each in self._readings]
        accept, coding = (request.headers.get(n, "") for n in ("accept", "accept-encoding"))
        return await asyncio.to_thread(encoded, Scrape(now, self.registry), accept, coding)


@dataclasses.dataclass(frozen=True)
class Scrape(Collector):
    """What one scrape gives."""

    read: list[Metric]
    registry: CollectorRegistry

    def collect(self) -> Iterator[Metric]:
        """All metrics, of all workers."""
        yield from self.read
        if metric_files.folder is None:
            yield from self.registry.collect()
            yield from process_metrics.of_one()
        else:
            yield from MultiProcessCollector.merge(metric_files.begun(metric_files.folder))
            yield from process_metrics.of_all(os.getppid())


def encoded(scrape: Collector, accept: str, coding: str) -> Response:
    """A scrape's text, in OpenMetrics' form for who prefers that, compressed for who takes that."""
    encode, content_type = exposition.choose_encoder(accept)
    headers = [("Content-Type", content_type), ("Cache-Control", "no-store")]
    body = encode(scrape)
    if exposition.gzip_accepted(coding):
        return Response(200, gzip.compress(body, 1), [*headers, ("Content-Encoding", "gzip")])
    return Response(200, body, headers)
