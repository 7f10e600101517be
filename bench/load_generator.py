"""One measurement, in a process of its own, so that it shares no interpreter with what it measures.

`python -m bench.load_generator` reads a Workload as JSON from standard input and prints a
Measurement as JSON. The load is closed: each client sends its next picture as soon as it has the
answer to the last.
"""

import concurrent.futures
import contextlib
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

from bench import connection, predict_request, procfs
from bench.workload import Measurement, Workload

WARM_UP = 3  # requests of each client before the clock starts
MIN_REQUESTS = 2  # of each client, however short the time

Send = Callable[[bytes], object]  # one request or picture; raises unless the answer is right


def measure(workload: Workload) -> Measurement:
    """Run a workload in a new process.

    Raises:
        subprocess.CalledProcessError: an answer was wrong; the process has printed which.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench.load_generator"],
        input=json.dumps(dataclasses.asdict(workload)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measurement(**json.loads(done.stdout))


def run(workload: Workload) -> Measurement:
    """Run a workload in this process."""
    with contextlib.ExitStack() as connections:
        requests = itertools.cycle(messages(workload))
        clients = senders(workload, connections)
        for send in clients * WARM_UP:
            send(next(requests))
        pids = [*workload.pids, os.getpid()]
        server_before = procfs.cpu_time(workload.server_pids).own
        before, begin = procfs.cpu_time(pids), time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(workload.concurrency) as pool:
            end = begin + workload.seconds
            latencies = list(pool.map(lambda send: latencies_until(end, send, requests), clients))
        after, elapsed = procfs.cpu_time(pids), time.perf_counter() - begin
        server_seconds = procfs.cpu_time(workload.server_pids).own - server_before
    other_cores = max(0.0, (after.others - before.others) / elapsed)
    return summarize(latencies, after.own - before.own, server_seconds, other_cores)


def messages(workload: Workload) -> list[bytes]:
    """What is sent in turn: whole requests, or for an artifact in this process the pictures."""
    pictures = [Path(name).read_bytes() for name in workload.pictures]
    if not workload.url:
        return pictures
    return [predict_request.encode(workload, picture) for picture in pictures]


def senders(workload: Workload, connections: contextlib.ExitStack) -> list[Send]:
    """One for each client: a connection of its own, or the artifact that all share."""
    if workload.url:
        return [
            connections.enter_context(contextlib.closing(connection.Connection(workload))).send
            for _ in range(workload.concurrency)
        ]
    from bench import in_process

    return [in_process.classifier(Path(workload.artifact))] * workload.concurrency


def latencies_until(end: float, send: Send, requests: Iterator[bytes]) -> list[float]:
    """Send one request after another until `end`; the seconds that each took."""
    latencies: list[float] = []
    while (begin := time.perf_counter()) < end or len(latencies) < MIN_REQUESTS:
        send(next(requests))
        latencies.append(time.perf_counter() - begin)
    return latencies


def summarize(
    by_client: list[list[float]], cpu_seconds: float, server_seconds: float, other_cores: float
) -> Measurement:
    """The rates of all clients together, and the percentiles of all latencies."""
    latencies = [seconds for client in by_client for seconds in client]
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    return Measurement(
        requests=len(latencies),
        requests_per_second=sum(len(client) / sum(client) for client in by_client),
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
        cpu_ms=cpu_seconds / len(latencies) * 1000,
        server_cpu_ms=server_seconds / len(latencies) * 1000,
        other_cores=other_cores,
    )


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(run(Workload(**json.load(sys.stdin))))))
