"""The gateway's memory: for each idle connection it holds, and for many large bodies at once.

Each is measured on a gateway of its own, in front of a stand-in service.
"""

import argparse
import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import (
    idle_connections,
    large_bodies,
    machine,
    open_files,
    stack,
    stand_in_request,
    stand_in_stack,
)
from bench.stand_in_stack import Gateway
from bench.workload import Workload


def main() -> None:
    """Measure both, print them, write the JSON file if asked to."""
    options = arguments()
    try:
        idle, large = idle_report(options), large_report(options)
    except stack.StackError as error:
        sys.exit(str(error))
    found = {"idle": dataclasses.asdict(idle), "large": dataclasses.asdict(large)}
    facts = "\n".join(f"{name:<22} {value}" for name, value in machine.facts().items())
    print(idle_connections.text(idle), large_bodies.text(large), facts, sep="\n\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--connections", type=int, default=2000, help="idle ones")
    parser.add_argument("--bodies", type=int, default=60, help="large ones at once")
    parser.add_argument("--body-mb", type=float, default=8.0, help="of each, in MB of 10^6 bytes")
    parser.add_argument("--delay", type=float, default=5.0,
                        help="seconds that the service takes to answer a large body")  # fmt: skip
    parser.add_argument("--gateway-root", type=Path, default=stack.ROOT, metavar="DIR",
                        help="the checkout whose gateway it is; this one unless given")  # fmt: skip
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def idle_report(options: argparse.Namespace) -> idle_connections.Report:
    """Idle connections, each after a prediction of the hop's size."""
    with started(options, 0.0) as (gateway, workload):
        open_files.allow_connections(options.connections)
        body = stand_in_request.noise()
        return idle_connections.measure(gateway, workload, body, options.connections)


def large_report(options: argparse.Namespace) -> large_bodies.Report:
    """Large bodies, for a service that takes its time."""
    with started(options, options.delay) as (gateway, workload):
        body = stand_in_request.noise(round(options.body_mb * 1e6))
        return large_bodies.measure(gateway, workload, body, options.bodies)


@contextlib.contextmanager
def started(options: argparse.Namespace, delay: float) -> Iterator[tuple[Gateway, Workload]]:
    """A fresh gateway in front of a stand-in, and what is sent to it."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_in_stack.started(Path(name), [options.gateway_root], delay) as running,
    ):
        (gateway,) = running.gateways
        yield gateway, stand_in_request.workload_by_case(running, [], 0.0)[gateway.name]


if __name__ == "__main__":
    main()
