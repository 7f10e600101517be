"""Runs the servers of a comparison, one at a time: start, first answer, warm up, measure, stop."""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    artifacts,
    comparison,
    load_generator,
    machine,
    ours,
    pictures,
    predict_request,
    procfs,
)
from bench.comparison import Outcome, Report
from bench.connection import AnswerError, Connection
from bench.peers import process, venv
from bench.peers.catalog import Peer
from bench.workload import Measurement, Workload

WARM_UP_CONCURRENCY = 8  # requests at once before a measurement
WARM_UP_PICTURES = 48  # before each measured round but the first, which sends all
FIRST_ANSWER_TIMEOUT = 90.0  # seconds
POLL_INTERVAL = 0.05  # seconds

Server = ours.Ours | Peer
Running = ours.Process | process.Process

SERVER_ERRORS = (
    process.PeerError,
    venv.VenvError,
    AnswerError,
    OSError,
    subprocess.SubprocessError,
)


def measure(servers: list[Server], options: argparse.Namespace) -> Report:
    """Install what is missing, run every round of every server, compare their answers with ours."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        files = pictures.files(options.pictures, Path(name))
        pairs = [(each, Outcome(each.name, each.kind, each.precision, each.setup))
                 for each in servers]  # fmt: skip
        for server, outcome in pairs:
            install(server, outcome)
        workload = Workload(files, options.seconds, WARM_UP_CONCURRENCY)
        for number in range(options.rounds):
            first = len(pairs) * number // options.rounds
            for server, outcome in pairs[first:] + pairs[:first]:
                if not outcome.failure:
                    show_progress(f"round {number + 1} of {options.rounds}: {outcome.title}")
                    run_round(server, outcome, workload, options.concurrency)
    outcomes = [outcome for _, outcome in pairs]
    comparison.check_agreement(outcomes)
    return Report(
        pictures=len(files),
        seconds=options.seconds,
        rounds=options.rounds,
        concurrencies=list(options.concurrency),
        outcomes=outcomes,
        machine=machine.facts(),
    )


def install(server: Server, outcome: Outcome) -> None:
    """Bake what it serves and make its virtual environment, so that no round waits for it."""
    if server.kind != comparison.EAGER:
        artifact(server)
    if isinstance(server, Peer):
        if not venv.is_made(server.requirements):
            show_progress(f"installing {server.name}")
        try:
            venv.made(server.requirements)
        except venv.VenvError as error:
            outcome.failure = str(error)


def artifact(server: Server) -> Path:
    """The folder of our artifact of a server's precision."""
    return artifacts.baked(ours.BY_PRECISION[server.precision].model)[1]


def run_round(
    server: Server, outcome: Outcome, workload: Workload, concurrencies: list[int]
) -> None:
    """Start a server, measure it, stop it. What goes wrong is noted in the outcome."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        try:
            with started(server, Path(name)) as running:
                own = dataclasses.replace(
                    workload,
                    url=running.url,
                    api_key=running.api_key,
                    path=server.path,
                    encoding=server.encoding,
                )
                try:
                    measure_server(running, outcome, own, concurrencies)
                except SERVER_ERRORS as error:
                    outcome.failure = f"{error} {running.log_tail()}".strip()
        except SERVER_ERRORS as error:
            outcome.failure = str(error)
    if outcome.failure:
        show_progress(f"{outcome.title} fails: {outcome.failure}")


def started(server: Server, folder: Path) -> contextlib.AbstractContextManager[Running]:
    """A server that runs."""
    if isinstance(server, ours.Ours):
        return ours.started(server, folder)
    served = artifact(server) if server.kind == comparison.BAKED else None
    return process.started(server, venv.made(server.requirements), served, folder)


def measure_server(
    running: Running, outcome: Outcome, workload: Workload, concurrencies: list[int]
) -> None:
    """All measurements of one server in one round."""
    requests = [
        predict_request.encode(workload, Path(name).read_bytes()) for name in workload.pictures
    ]
    start = wait_for_first_answer(running, workload, requests[0])
    if outcome.classes:
        predicted_classes(workload, requests[:WARM_UP_PICTURES])
    else:
        outcome.classes = predicted_classes(workload, requests)
    found = {
        count: measure_with_cores(running, dataclasses.replace(workload, concurrency=count))
        for count in concurrencies
    }
    outcome.starts.append(start)
    outcome.memory_mb.append(procfs.pss(running.pids))
    for count, measurement in found.items():
        outcome.measurements.setdefault(count, []).append(measurement)


def predicted_classes(workload: Workload, requests: list[bytes]) -> list[int]:
    """The top class of each request's picture, sent over the workload's number of connections."""
    count = workload.concurrency

    def send_share(number: int) -> list[int]:
        with contextlib.closing(Connection(workload)) as connection:
            return [connection.send(each) for each in requests[number::count]]

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        shares = list(pool.map(send_share, range(count)))
    return [shares[number % count][number // count] for number in range(len(requests))]


def measure_with_cores(running: Running, workload: Workload) -> Measurement:
    """Measure, and count the cores that anything but the server and the load kept busy.

    A peer's processes come and go, so that they are found anew after the measurement.
    """

    def other_cpu_seconds() -> float:
        load = resource.getrusage(resource.RUSAGE_CHILDREN)  # the load generators that have ended
        own = procfs.cpu_seconds(running.pids) + load.ru_utime + load.ru_stime
        return procfs.cpu_time([]).others - own

    before, begin = other_cpu_seconds(), time.monotonic()
    found = load_generator.measure(workload)
    cores = (other_cpu_seconds() - before) / (time.monotonic() - begin)
    return dataclasses.replace(found, other_cores=max(0.0, cores))


def wait_for_first_answer(running: Running, workload: Workload, request: bytes) -> float:
    """Wait; give the seconds since the server's start.

    Raises:
        PeerError: the server ended, or took longer than FIRST_ANSWER_TIMEOUT.
    """
    last_error: Exception | str = ""
    while (elapsed := time.monotonic() - running.began) < FIRST_ANSWER_TIMEOUT:
        try:
            with contextlib.closing(Connection(workload)) as connection:
                connection.send(request)
            return time.monotonic() - running.began
        except (OSError, AnswerError) as error:
            last_error = error
        if not running.running:
            raise process.PeerError(f"it ended after {elapsed:.0f} s.")
        time.sleep(POLL_INTERVAL)
    raise process.PeerError(
        f"no answer within {FIRST_ANSWER_TIMEOUT:g} s; the last try: {last_error}."
    )


def show_progress(text: str) -> None:
    """Say how far it is, on standard error: the report alone is on standard output."""
    print(text, file=sys.stderr, flush=True)
