"""What the gateway costs: alone, in front of a stand-in service, and in front of real models.

The hop alone is `hop_alone.py`. Of a model, the same service is called directly, through the
gateway, and without HTTP; `measure` is the whole run of one, in order.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import (
    artifacts,
    hop_alone,
    hop_alone_report,
    hop_report,
    load_generator,
    machine,
    pictures,
    procfs,
    stack,
)
from bench.hop_report import DIRECT, GATEWAY, IN_PROCESS, Report
from bench.rounds import Round
from bench.workload import Workload

MODELS = ("efficientnet-lite0", "efficientnet-lite0-int8")
CONCURRENCY = (1, 8)  # requests at once


def main() -> None:
    """Run the hop alone, then each model, print the tables, write the JSON file if asked to."""
    options = arguments()
    try:
        found = [alone(options)]
        for model in [] if options.alone else options.model or MODELS:
            report = measure(model, options)
            print(hop_report.text(report), end="\n\n", flush=True)
            found.append(dataclasses.asdict(report))
    except stack.StackError as error:
        sys.exit(str(error))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def alone(options: argparse.Namespace) -> dict[str, Any]:
    """The hop alone, printed; as data."""
    report = hop_alone.measure(options.gateway_root or [stack.ROOT], options)
    print(hop_alone_report.text(report), end="\n\n", flush=True)
    return dataclasses.asdict(report)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.hop", description=__doc__)
    parser.add_argument("--alone", action="store_true", help="the hop alone, and no model")
    parser.add_argument("--full", action="store_true",
                        help="the hop alone, too, with all features on")  # fmt: skip
    parser.add_argument("--gateway-root", action="append", type=Path, metavar="DIR",
                        help="a checkout whose gateway's hop is measured alone, again for each; "
                        "this one unless given")  # fmt: skip
    parser.add_argument("--file", type=Path, default=artifacts.MANIFEST, help="the manifest")
    parser.add_argument("--model", action="append", metavar="ID",
                        help=f"again for each; {' and '.join(MODELS)} unless given")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=3, help="times that the service is started")
    parser.add_argument("--concurrency", type=int, nargs="+", metavar="N",
                        help="numbers of requests at once")  # fmt: skip
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG files to send")
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measure(model: str, options: argparse.Namespace) -> Report:
    """Bake, start, measure round after round, read the processes' memory, stop."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stack.prepared(model, Path(name), options.file) as running,
    ):
        files = pictures.files(options.pictures, Path(name))
        starts = [running.restart_service() for _ in range(options.starts)]
        running.start_gateway()
        workloads = workload_by_case(model, running, files, options.seconds)
        return Report(
            model=model,
            pictures=len(files),
            seconds=options.seconds,
            starts=starts,
            rounds=[
                run_round(workloads, concurrency)
                for _ in range(options.rounds)
                for concurrency in options.concurrency or CONCURRENCY
            ],
            processes=memory(running),
            machine=machine.facts(),
        )


def workload_by_case(
    model: str, running: stack.Stack, files: list[str], seconds: float
) -> dict[str, Workload]:
    """What is sent in each case."""
    service, gateway = running.pids.values()
    direct = Workload(
        pictures=files,
        seconds=seconds,
        url=running.service_url,
        path=f"/model/{model}/predict",
        api_key=running.api_key,
        model=model,
        pids=service,
    )
    through = dataclasses.replace(direct, url=running.gateway_url, pids=service + gateway)
    return {
        DIRECT: direct,
        GATEWAY: through,
        IN_PROCESS: Workload(files, seconds, artifact=str(running.artifact)),
    }


def run_round(workloads: dict[str, Workload], concurrency: int) -> Round:
    """The cases one after another: what disturbs the machine for a while disturbs them all."""
    return Round(
        concurrency,
        {
            case: load_generator.measure(dataclasses.replace(workload, concurrency=concurrency))
            for case, workload in workloads.items()
        },
    )


def memory(running: stack.Stack) -> list[procfs.MemoryRow]:
    """The memory of all processes of both gunicorns, after the load."""
    return [
        procfs.memory(f"{name}, {'worker' if number else 'arbiter'}", pid)
        for name, pids in running.pids.items()
        for number, pid in enumerate(pids)
    ]


if __name__ == "__main__":
    main()
