"""Ordinary requests beside a crowd of slow clients: heads, second heads, bodies and readers.

The gateway stands in front of a stand-in service. The same ordinary load runs first without the
crowd and then beside it, and as much goes straight to the stand-in, which the crowd doesn't touch:
what becomes slower there is the machine's doing. `measure` is the whole run, in order.
"""

import argparse
import asyncio
import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from bench import (
    machine,
    open_files,
    paced_clients,
    procfs,
    slow_clients_report,
    stack,
    stand_in_request,
    stand_in_stack,
)
from bench.hop_report import DIRECT
from bench.slow_client import Target
from bench.slow_clients_report import Phase, Report, Sample
from bench.slow_crowd import Crowd
from bench.stand_in_stack import Gateway
from bench.workload import Workload

ORDINARY_CLIENTS = 4  # kept connections of each load
WARM_UP_SECONDS = 1.0  # of ordinary requests, before any is counted
NICENESS = 10  # of the crowd: less processor than the others get, where there is too little
SAMPLE_INTERVAL = 1.0  # seconds


def main() -> None:
    """Run, print the tables and the verdict; end with 1 where it is not as it must be."""
    options = arguments()
    try:
        report = asyncio.run(measure(options))
    except stack.StackError as error:
        sys.exit(str(error))
    print(slow_clients_report.text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    sys.exit(bool(slow_clients_report.faults(report)))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000, help="slow ones, a quarter a kind")
    parser.add_argument("--seconds", type=float, default=60.0, help="without them, and with them")
    parser.add_argument("--rate", type=float, default=80.0, help="ordinary requests a second")
    parser.add_argument("--gateway-root", type=Path, default=stack.ROOT, metavar="DIR",
                        help="the checkout whose gateway it is; this one unless given")  # fmt: skip
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


async def measure(options: argparse.Namespace) -> Report:
    """Start, send the ordinary load alone, then beside the crowd, stop."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_in_stack.started(Path(name), [options.gateway_root]) as running,
        concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool,
    ):
        open_files.allow_connections(options.clients)
        (gateway,) = running.gateways
        crowd = Crowd(options.clients, target(gateway))
        files = [stand_in_request.body_file(Path(name))]
        workloads = stand_in_request.workload_by_case(running, files, options.seconds)
        cases = [workloads[gateway.name], workloads[DIRECT]]
        ordinary = Ordinary(pool, cases, options.rate, gateway, crowd)
        await ordinary.run(WARM_UP_SECONDS)
        quiet = await ordinary.run(options.seconds)
        os.nice(NICENESS)  # the crowd alone: clients have machines of their own
        async with crowd.running():
            crowded = await ordinary.run(options.seconds)
        return Report(
            clients=options.clients,
            seconds=options.seconds,
            rate=options.rate,
            quiet=quiet,
            crowded=crowded,
            slow=dict(crowd.counts),
            peak_mb=max(procfs.peak_rss(pid) for pid in gateway.pids),
            machine=machine.facts(),
        )


@dataclasses.dataclass(frozen=True)
class Ordinary:
    """The ordinary loads, each sent by a process of its own, and what is looked at beside them."""

    pool: concurrent.futures.Executor
    workloads: list[Workload]  # through the gateway, and straight to the stand-in
    rate: float  # requests a second of each
    gateway: Gateway
    crowd: Crowd

    async def run(self, seconds: float) -> Phase:
        """So many seconds of it."""
        pids, loop = self.gateway.pids, asyncio.get_running_loop()
        ours = [each.pid for each in procfs.descendants(os.getpid())]
        before, before_all = procfs.cpu_time(pids), procfs.cpu_time(ours)
        begin = time.monotonic()
        loads = [
            loop.run_in_executor(self.pool, paced_clients.run, workload, self.rate)
            for workload in self._lasting(seconds)
        ]
        samples = []
        while not all(load.done() for load in loads):
            samples.append(self._sample(pids))
            await asyncio.wait(loads, timeout=SAMPLE_INTERVAL)
        elapsed = time.monotonic() - begin
        cores = (procfs.cpu_time(pids).own - before.own) / elapsed
        other_cores = max(0.0, procfs.cpu_time(ours).others - before_all.others) / elapsed
        requests, straight = (load.result() for load in loads)
        return Phase(requests, straight, samples, cores, other_cores)

    def _lasting(self, seconds: float) -> list[Workload]:
        return [
            dataclasses.replace(each, seconds=seconds, concurrency=ORDINARY_CLIENTS)
            for each in self.workloads
        ]

    def _sample(self, pids: list[int]) -> Sample:
        return Sample(procfs.open_sockets(pids), procfs.pss(pids), self.crowd.connected)


def target(gateway: Gateway) -> Target:
    """The gateway, for the slow clients."""
    at = urllib.parse.urlsplit(gateway.url)
    return Target(at.hostname or "", at.port or 0, stand_in_stack.PATH, gateway.api_key)


if __name__ == "__main__":
    main()
