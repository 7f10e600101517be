"""Ordinary clients beside whatever else goes on: kept connections and a steady rate.

A latency counts from when its request was due, so that a server that stalls for a second is late
for every request of that second and not for one alone. A failure is counted, and its client
connects again.
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bench import predict_request
from bench.connection import AnswerError, Connection
from bench.workload import Workload

NOT_SENT = "not sent before the end"


class Sender(Protocol):
    """What is used of a `Connection`."""

    def send(self, request: bytes) -> object:
        """Send it and check its answer."""

    def close(self) -> None:
        """Close the connection."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of the requests."""

    latencies: list[float]  # seconds, of those that were answered
    failures: dict[str, int]  # by reason

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the latencies in ms; NaN where there are too few."""
        if len(self.latencies) < 2:
            return float("nan")
        cuts = statistics.quantiles(self.latencies, n=100, method="inclusive")
        return cuts[percent - 1] * 1000


class Client:
    """One client, whose requests are due at a steady pace."""

    def __init__(
        self,
        connect: Callable[[], Sender],
        request: bytes,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect, self._request = connect, request
        self._clock, self._sleep = clock, sleep
        self._connection: Sender | None = None
        self.latencies: list[float] = []
        self.failures: collections.Counter[str] = collections.Counter()

    def run(self, begin: float, interval: float, count: int) -> None:
        """Send `count` requests, one each interval. None is begun after the last interval."""
        end = begin + interval * count
        for number in range(count):
            due = begin + interval * number
            self._sleep(max(0.0, due - self._clock()))
            if self._clock() >= end:
                self.failures[NOT_SENT] += count - number
                break
            self._send(due)
        self._close()

    def _send(self, due: float) -> None:
        try:
            self._connection = self._connection or self._connect()
            self._connection.send(self._request)
        except (OSError, AnswerError) as error:
            self.failures[reason(error)] += 1
            self._close()
        else:
            self.latencies.append(self._clock() - due)

    def _close(self) -> None:
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.close()
        self._connection = None


def reason(error: Exception) -> str:
    """A failure in a word or a sentence: a status, an error's name, what was wrong."""
    if isinstance(error, OSError):
        return type(error).__name__
    first, _, _ = str(error).partition(" ")
    return first if first.isdigit() else str(error)


def run(workload: Workload, rate: float) -> Outcome:
    """As many clients as the workload's concurrency, together at `rate` requests a second."""
    request = predict_request.encode(workload, Path(workload.pictures[0]).read_bytes())
    clients = [Client(lambda: Connection(workload), request) for _ in range(workload.concurrency)]
    interval, begin = len(clients) / rate, time.perf_counter()
    count = max(1, round(workload.seconds / interval))
    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        for number, client in enumerate(clients):
            pool.submit(client.run, begin + number / rate, interval, count)
    failures = sum((client.failures for client in clients), collections.Counter[str]())
    return Outcome([each for client in clients for each in client.latencies], dict(failures))
