"""One measurement, in a process of its own, so that it shares no interpreter with what it measures.

`python -m bench.load_generator` reads an Order as JSON from standard input and prints a Measure as
JSON. The load is closed: each worker sends the next picture as soon as it has the last answer.
"""

import concurrent.futures
import dataclasses
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import machine

WARM_UP = 3  # pictures a worker, before the clock starts

Work = Callable[[bytes], None]  # one picture; raises unless the answer is right


@dataclasses.dataclass(frozen=True)
class Order:
    """What to measure."""

    target: str  # http://host:port, or the artifact's folder for the limit
    model: str
    key: str  # sent as X-API-Key
    pictures: list[str]  # files, taken in turn
    workers: int
    seconds: float
    processes: list[int]  # whose processor time counts beside that of the measuring process
    path: str = ""  # where to post, of a server that is asked as `ask` says; else ours
    body: str = "raw"  # which of `predict_request.BODIES` it takes


@dataclasses.dataclass(frozen=True)
class Measure:
    """What was measured."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # processor time a request, of all that took part
    others: float  # cores that everything else on the machine kept busy meanwhile


def measured(order: Order) -> Measure:
    """Carry out an order in a new process.

    Raises:
        subprocess.CalledProcessError: an answer was wrong; the process has printed which.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench.load_generator"],
        input=json.dumps(dataclasses.asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measure(**json.loads(done.stdout))


def run(order: Order) -> Measure:
    """Carry out an order here."""
    turn = itertools.cycle(messages(order))
    works = workers(order)
    for work in works * WARM_UP:
        work(next(turn))
    pids = [*order.processes, os.getpid()]
    before, begin = machine.busy(pids), time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(order.workers) as pool:
        end = begin + order.seconds
        by_worker = list(pool.map(lambda work: durations(work, turn, end), works))
    after, elapsed = machine.busy(pids), time.perf_counter() - begin
    ours, others = after.ours - before.ours, after.others - before.others
    return summary(by_worker, ours, max(0.0, others / elapsed))


def messages(order: Order) -> list[bytes]:
    """What the work gets in turn: the pictures, or whole requests that hold them."""
    pictures = [Path(name).read_bytes() for name in order.pictures]
    if not order.path:
        return pictures
    from bench import predict_request

    return [predict_request.message(order, picture) for picture in pictures]


def workers(order: Order) -> list[Work]:
    """A piece of work for each worker. Only the limit loads a model here."""
    if order.path:
        from bench import predict_request

        return [predict_request.Connection(order).post for _ in range(order.workers)]
    if order.target.startswith("http://"):
        from bench import connection

        return [connection.Connection(order).post for _ in range(order.workers)]
    from bench import in_process

    return [in_process.loop(Path(order.target))] * order.workers


def durations(work: Work, turn: Iterator[bytes], end: float) -> list[float]:
    """Seconds that each picture took, one after another until `end`."""
    taken = []
    while (begin := time.perf_counter()) < end:
        work(next(turn))
        taken.append(time.perf_counter() - begin)
    return taken


def summary(by_worker: list[list[float]], cpu: float, others: float) -> Measure:
    """The rates of all workers together, and the percentiles of all durations."""
    everything = [seconds for taken in by_worker for seconds in taken]
    percentiles = statistics.quantiles(everything, n=100, method="inclusive")
    return Measure(
        requests=len(everything),
        per_second=sum(len(taken) / sum(taken) for taken in by_worker),
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
        cpu_ms=cpu / len(everything) * 1000,
        others=others,
    )


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(run(Order(**json.load(sys.stdin))))))
