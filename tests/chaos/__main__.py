"""Faults that happen for real, one at a time, while all models are asked and every answer checked.

Prints a table in Markdown, a line for each fault; ends with 1 where one did what it may not do.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench import machine
from tests.chaos import fault, scene, table
from tests.chaos.fault import Pace
from tests.chaos.faults import FAULTS, QUICK
from tests.chaos.scene import Scene

QUICK_PACE = Pace(fault=1.0, calm=1.5)


def main() -> None:
    """Start everything, and have one fault happen after the other."""
    options = arguments()
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        scene.started(Path(folder)) as running,
    ):
        sys.exit(asyncio.run(happen(running, options)))


async def happen(running: Scene, options: argparse.Namespace) -> int:
    """Have the faults happen that are asked for; 1 where one did what it may not do."""
    chosen = QUICK if options.quick else FAULTS
    pace, is_right = QUICK_PACE if options.quick else Pace(), True
    print(table.heading(), flush=True)
    for each in chosen:
        if options.only in each.title:
            row = await fault.happen(each, running, pace)
            print(table.text(row), flush=True)
            is_right &= not row.complaints
    print(f"\n{table.machine(machine.facts())}")
    return int(not is_right)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some faults, each for a moment")
    parser.add_argument("--only", default="", metavar="WORDS", help="those whose title has them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
