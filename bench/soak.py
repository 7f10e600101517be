"""A gateway under load for long, whose manifest changes all the while: it loses no request.

First as many clients as there are find out what it can do, each its next request as soon as it has
an answer. Then requests are due at a share of that, at a steady pace, for as many minutes as asked.
`measure` is the whole run, in order.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from bench import (
    load_generator,
    machine,
    paced_clients,
    procfs,
    soak_report,
    stack,
    stand_in_request,
    stand_in_stack,
)
from bench.manifest_changes import ManifestChanges
from bench.soak_report import Minute, Report
from bench.stand_in_stack import StandInStack
from bench.workload import Workload

CLIENTS = 32  # kept connections
MINUTE = 60.0  # seconds


def main() -> None:
    """Run, print a line a minute and the verdict; end with 1 where it is not as it must be."""
    options = arguments()
    try:
        report = measure(options)
    except stack.StackError as error:
        sys.exit(str(error))
    print(soak_report.text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    sys.exit(bool(soak_report.faults(report)))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--share", type=float, default=0.8, help="of what the gateway can do")
    parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS",
                        help="between two changes of the manifest")  # fmt: skip
    parser.add_argument("--measure", type=float, default=10.0, metavar="SECONDS",
                        help="in which it is found out what the gateway can do")  # fmt: skip
    parser.add_argument("--gateway-root", type=Path, default=stack.ROOT, metavar="DIR",
                        help="the checkout whose gateway it is; this one unless given")  # fmt: skip
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> Report:
    """Start, find out what the gateway can do, send a share of it, stop."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_in_stack.started(Path(name), [options.gateway_root]) as running,
        concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        workload = through_gateway(running, Path(name))
        found = load_generator.measure(dataclasses.replace(workload, seconds=options.measure))
        rate = found.requests_per_second * options.share
        print(soak_report.heading(found.requests_per_second, rate), flush=True)
        soak = Soak(pool, running, workload, rate, options.every)
        return Report(
            capacity=found.requests_per_second,
            rate=rate,
            minutes=list(soak.run(options.minutes * MINUTE)),
            machine=machine.facts(),
        )


def through_gateway(running: StandInStack, folder: Path) -> Workload:
    """What is asked of the gateway."""
    files = [stand_in_request.body_file(folder)]
    cases = stand_in_request.workload_by_case(running, files, MINUTE)
    return dataclasses.replace(cases[running.gateways[0].name], concurrency=CLIENTS)


@dataclasses.dataclass(frozen=True)
class Soak:
    """The load, sent by a process of its own, and what happens beside it."""

    pool: Executor
    running: StandInStack
    workload: Workload
    rate: float  # requests a second
    every: float  # seconds between two changes

    def run(self, seconds: float) -> Iterator[Minute]:
        """So many seconds of it, a minute after another, each printed."""
        (gateway,) = self.running.gateways
        changes = ManifestChanges(gateway.manifest)
        for number, part in enumerate(parts(seconds), 1):
            minute = self._minute(part, changes)
            print(soak_report.line(number, minute), flush=True)
            yield minute

    def _minute(self, seconds: float, changes: ManifestChanges) -> Minute:
        workload = dataclasses.replace(self.workload, seconds=seconds)
        load = self.pool.submit(paced_clients.run, workload, self.rate)
        written = 0
        while not load.done():
            concurrent.futures.wait([load], timeout=self.every)
            if not load.done():
                changes.write()
                written += 1
        (gateway,) = self.running.gateways
        outcome = load.result()
        return Minute(
            answered=len(outcome.latencies),
            p50_ms=outcome.percentile_ms(50),
            p99_ms=outcome.percentile_ms(99),
            failures=outcome.failures,
            gateway_mb=procfs.pss(gateway.pids),
            service_mb=procfs.pss(self.running.service_pids),
            changes=written,
            followed=changes.followed(gateway.process.command.log, min(written, 1)),
        )


def parts(seconds: float) -> list[float]:
    """Whole minutes, and what is left."""
    whole, rest = divmod(seconds, MINUTE)
    return [MINUTE] * int(whole) + ([rest] if rest else [])


if __name__ == "__main__":
    main()
