"""The hop alone: gateways in front of a service that costs next to nothing.

The same request goes straight to the stand-in and through each gateway in turn, round after round.
A gateway's cost is the CPU time of its own processes, whatever the load generator takes.
"""

import argparse
import dataclasses
import functools
import tempfile
from pathlib import Path

from bench import all_features, load_generator, machine, stand_in_request, stand_in_stack
from bench.hop_alone_report import Report
from bench.rounds import Round
from bench.workload import Workload

CONCURRENCY = (1, 8, 64)  # requests at once


def measure(roots: list[Path], options: argparse.Namespace) -> Report:
    """Start, measure round after round, stop."""
    beside = functools.partial(all_features.side, roots[0]) if options.full else None
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_in_stack.started(Path(name), roots, beside=beside) as running,
    ):
        files = [stand_in_request.body_file(Path(name))]
        workloads = stand_in_request.workload_by_case(running, files, options.seconds)
        return Report(
            gateways=[each.name for each in running.gateways],
            body_bytes=stand_in_request.BODY_BYTES,
            seconds=options.seconds,
            rounds=[
                run_round(workloads, concurrency, number)
                for number in range(options.rounds)
                for concurrency in options.concurrency or CONCURRENCY
            ],
            machine=machine.facts(),
        )


def run_round(workloads: dict[str, Workload], concurrency: int, number: int) -> Round:
    """The cases one after another. Rounds begin at another case each, so that none is always first.

    Raises:
        subprocess.CalledProcessError: an answer was wrong; what it was has been printed.
    """
    cases = list(workloads)
    first = number % len(cases)
    return Round(
        concurrency,
        {
            case: load_generator.measure(
                dataclasses.replace(workloads[case], concurrency=concurrency)
            )
            for case in cases[first:] + cases[:first]
        },
    )
