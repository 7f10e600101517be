"""The hop alone: gateways in front of a service that costs next to nothing.

The same request goes straight to the stand-in and through each gateway in turn, round after round.
A gateway's cost is the CPU time of its own processes, whatever the load generator takes.
"""

import argparse
import dataclasses
import random
import tempfile
from pathlib import Path

from bench import load_generator, machine, stack, stand_in_stack
from bench.hop_alone_report import Report
from bench.hop_report import DIRECT
from bench.rounds import Round
from bench.stand_in_stack import StandInStack
from bench.workload import Workload

CONCURRENCY = (1, 8, 64)  # requests at once
BODY_BYTES = 100_000
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def measure(roots: list[Path], options: argparse.Namespace) -> Report:
    """Start, measure round after round, stop."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_in_stack.started(Path(name), checkouts(roots)) as running,
    ):
        workloads = workload_by_case(running, body(Path(name)), options.seconds)
        return Report(
            gateways=[each.name for each in running.gateways],
            body_bytes=BODY_BYTES,
            seconds=options.seconds,
            rounds=[
                run_round(workloads, concurrency, number)
                for number in range(options.rounds)
                for concurrency in options.concurrency or CONCURRENCY
            ],
            machine=machine.facts(),
        )


def checkouts(roots: list[Path]) -> list[Path]:
    """The folders, if each is a checkout and their names, by which they are reported, differ."""
    for root in roots:
        if not (root / stack.GATEWAY_CONFIG).is_file():
            raise SystemExit(f"{root} holds no {stack.GATEWAY_CONFIG}; name a checkout's folder.")
    names = [root.resolve().name for root in roots]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise SystemExit(f"Two checkouts are named {', '.join(repeated)}; rename a folder.")
    return roots


def body(folder: Path) -> str:
    """A file with what is posted. Nobody decodes it."""
    file = folder / "body"
    file.write_bytes(random.Random(0).randbytes(BODY_BYTES))  # noqa: S311  # noise, and no secret
    return str(file)


def workload_by_case(running: StandInStack, file: str, seconds: float) -> dict[str, Workload]:
    """What is sent in each case."""
    direct = Workload(
        pictures=[file],
        seconds=seconds,
        url=running.service_url,
        path=stand_in_stack.PATH,
        api_key=running.api_key,
        headers={"traceparent": TRACEPARENT},
        model=stand_in_stack.MODEL,
        pids=running.service_pids,
        server_pids=running.service_pids,
    )
    return {DIRECT: direct} | {
        each.name: dataclasses.replace(
            direct, url=each.url, pids=direct.pids + each.pids, server_pids=each.pids
        )
        for each in running.gateways
    }


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
