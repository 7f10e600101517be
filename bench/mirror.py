"""What a mirror costs the requests of the model that it mirrors: well, frozen, killed and slow.

Two gateways stand in front of one stand-in service; the second's model has a mirror, a stand-in of
its own. Each round sends the same steady load through the first gateway and then through the
second, with the mirror in one state after the other, and at its end through the first once more:
what differs between those two is the machine's doing. `measure` is the whole run, in order.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from bench import (
    machine,
    mirror_report,
    paced_clients,
    procfs,
    stack,
    stand_in_request,
    stand_in_stack,
)
from bench.mirror_report import CASES, WITHOUT, Counts, Phase, Report
from bench.stand_in_stack import Gateway, Side
from bench.workload import Workload
from gateway.keys.api_keys import Key
from passerelle.client import Client
from passerelle.local.process import Command, Process

MIRROR = "mirror"
MAIN = stand_in_stack.MODEL
MANIFEST = f"""\
version: 1
models:
  - {{id: {MAIN}, architecture: "torchvision:resnet18", weights: random, mirror: {{to: {MIRROR}}}}}
  - {{id: {MIRROR}, architecture: "torchvision:resnet18", weights: random, timeout: 2s}}
"""
SLOW = 1.0  # seconds that a slow mirror takes
READY_TIMEOUT = 10.0  # seconds until the gateway sees that the mirror is well
PROBED = 2.5  # seconds within which the gateway sees that the mirror is another process
SETTLE = 20.0  # seconds after a load within which all that was mirrored is counted
WARM_UP = 1.0  # seconds
SHORT = 0.2  # seconds of each case, where it is only to be seen that all works
POLL_INTERVAL = 0.1  # seconds
CLIENTS = 4  # kept connections
BESIDE = "with a mirror"  # the second gateway's name


def main() -> None:
    """Run, print the table and the verdict; end with 1 where it is not as it must be."""
    options = arguments()
    try:
        report = measure(options)
    except stack.StackError as error:
        sys.exit(str(error))
    print(mirror_report.text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    sys.exit(bool(mirror_report.faults(report)))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.mirror", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each case in a round")
    parser.add_argument("--rate", type=float, default=80.0, help="requests a second")
    parser.add_argument("--delay", type=float, default=0.01, help="seconds that the models take")
    parser.add_argument("--short", action="store_true", help="one round, with little in each case")
    parser.add_argument("--json", type=Path, help="a file to write")
    options = parser.parse_args()
    if options.short:
        options.rounds, options.seconds = 1, SHORT
    return options


def measure(options: argparse.Namespace) -> Report:
    """Start, send the load in each case and round, stop."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as held:
        folder, root = Path(name), stack.ROOT
        mirror = held.enter_context(running(folder, options.delay))
        rights = Key("bench", "", "", (MAIN, MIRROR))
        started = held.enter_context(
            stand_in_stack.started(
                folder, [root], options.delay, lambda *_: Side(root, BESIDE, MANIFEST, rights)
            )
        )
        pool = held.enter_context(
            concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        )
        files = [stand_in_request.body_file(folder)]
        workloads = stand_in_request.workload_by_case(started, files, options.seconds)
        run = Run(pool, workloads, started.gateways, mirror, options)
        for gateway in started.gateways:  # whose first requests are nobody's
            run.send(gateway, min(WARM_UP, options.seconds))
        rounds = [{case: run.phase(case) for case in CASES} for _ in range(options.rounds)]
    return Report(options.rate, options.seconds, options.delay, rounds, machine.facts())


class Mirror:
    """The mirror's service."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._delay = folder, 0.0
        self._process: Process | None = None

    def replace(self, delay: float) -> bool:
        """Have one run that takes so many seconds; whether it took the place of another."""
        was_running = self._process is not None
        if was_running and self._delay == delay:
            return False
        self.kill()
        self._delay = delay
        address = self._folder / f"{MIRROR}.sock"
        address.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "bench.stand_in", MIRROR, "--delay", str(delay),
            "--bind", f"unix:{address}",
        ]  # fmt: skip
        self._process = Process(MIRROR, Command(command, {}, self._folder / "mirror.log"))
        self._process.start()
        return was_running

    def signal(self, number: signal.Signals) -> None:
        """Send its process a signal."""
        if self._process and self._process.pid:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Have it gone, at once."""
        if self._process:
            self.signal(signal.SIGKILL)
            self._process.wait_or_kill(stack.STOP_TIMEOUT)
        self._process = None


@contextlib.contextmanager
def running(folder: Path, delay: float) -> Iterator[Mirror]:
    """A mirror that runs, and is gone after the block."""
    found = Mirror(folder)
    try:
        found.replace(delay)
        yield found
    finally:
        found.kill()


@dataclasses.dataclass(frozen=True)
class Run:
    """The load, where it goes, and the mirror."""

    pool: Executor
    workloads: dict[str, Workload]  # by the gateway's name
    gateways: list[Gateway]  # without the mirror, with it
    mirror: Mirror
    options: argparse.Namespace

    def phase(self, case: str) -> Phase:
        """One case of a round."""
        if case in WITHOUT:
            return self.send(self.gateways[0], self.options.seconds)
        gateway = self.gateways[1]
        if self.mirror.replace(SLOW if case == "slow" else self.options.delay):
            time.sleep(PROBED)
        self.mirror.signal(signal.SIGCONT)
        self._wait_until_ready(gateway)
        if case == "frozen":
            self.mirror.signal(signal.SIGSTOP)
        elif case == "killed":
            self.mirror.kill()
        before = counts(gateway)
        found = self.send(gateway, self.options.seconds)
        end = time.monotonic() + SETTLE
        while (mirrored := counts(gateway) - before).ended < len(found.latencies):
            if time.monotonic() > end:
                break
            time.sleep(POLL_INTERVAL)
        return dataclasses.replace(found, mirrored=mirrored)

    def send(self, gateway: Gateway, seconds: float) -> Phase:
        """The load through a gateway for so many seconds."""
        workload = dataclasses.replace(
            self.workloads[gateway.name], seconds=seconds, concurrency=CLIENTS
        )
        ours = [each.pid for each in procfs.descendants(os.getpid())]
        before, begin = procfs.cpu_time(ours).others, time.monotonic()
        requests = self.pool.submit(paced_clients.run, workload, self.options.rate).result()
        elapsed = time.monotonic() - begin
        others = max(0.0, procfs.cpu_time(ours).others - before) / elapsed
        return Phase(requests.latencies, requests.failures, others)

    def _wait_until_ready(self, gateway: Gateway) -> None:
        """Wait until the gateway sees that the mirror is well.

        Raises:
            StackError: it doesn't come to that.
        """
        end = time.monotonic() + READY_TIMEOUT
        with Client(gateway.url, gateway.api_key, retries=0) as client:
            while client.model(MIRROR)["status"] != "ready":
                if time.monotonic() > end:
                    raise stack.StackError("The mirror isn't ready.")
                time.sleep(stack.POLL_INTERVAL)


def counts(gateway: Gateway) -> Counts:
    """What the gateway has counted of the mirror so far."""
    with Client(gateway.url, gateway.api_key, retries=0) as client:
        variants = client.model(MAIN).get("traffic", {}).get("variants", [])
    for each in variants:
        if each["kind"] == "mirror":
            compared = (each["agreement"] or {}).get("compared", 0)
            return Counts(each["requests"], each["errors"], each["skipped"], compared)
    return Counts()


if __name__ == "__main__":
    main()
