"""Each task's artifact beside its network in eager torch: latency and processor time.

The two are a process each, which infer in turn, round after round, on the same pictures. No HTTP.
"""

import argparse
import contextlib
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import artifacts, machine, pictures, tasks_report
from bench.task_side import SIDES, Measured
from bench.tasks_report import Report, Round, TaskReport
from passerelle.artifact import card
from passerelle.manifest.model import Model

MANIFEST = Path(__file__).parent / "task_models" / "models.yaml"
TASKS = ("classification", "detection", "segmentation", "embedding")


def main() -> None:
    """Measure, print, and write the JSON file if one is wanted."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        files = pictures.files(options.pictures, Path(scratch))
        found = [measured(name, files, options) for name in options.model]
    report = Report(found, machine.facts())
    print(tasks_report.text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.tasks", description=__doc__)
    parser.add_argument("--file", type=Path, default=MANIFEST, help="a manifest")
    parser.add_argument("--model", nargs="+", default=TASKS, metavar="ID", help="models of it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--threads", type=int, help="of each side; the processors unless given")
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG files")
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measured(name: str, files: list[str], options: argparse.Namespace) -> TaskReport:
    """One model's rounds."""
    model, folder = artifacts.baked(name, options.file)
    with contextlib.ExitStack() as started:
        sides = {
            side: started.enter_context(running(side, model, folder, files, options.threads))
            for side in SIDES
        }
        rounds = [run_round(sides, options.seconds) for _ in range(options.rounds)]
    return TaskReport(card.read(folder).task, model.title, model.precision, rounds)


@contextlib.contextmanager
def running(
    side: str, model: Model, folder: Path, files: list[str], threads: int | None
) -> "Iterator[subprocess.Popen[str]]":
    """One side's process, which is ready to measure, and ends with the block."""
    command = [sys.executable, "-m", "bench.task_side", side, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            recipe = model.recipe.model_dump_json()
            asked = {"recipe": recipe, "pictures": files, "threads": threads}
            said = ask(process, json.dumps(asked))
            if said != "ready":
                raise SystemExit(f"{model.id}: its {side} side did not start; see above.")
            yield process
        finally:
            process.communicate()  # its lines are over, so that it ends


def run_round(sides: "dict[str, subprocess.Popen[str]]", seconds: float) -> Round:
    """Each side, one right after another."""
    return {side: Measured(**json.loads(ask(each, str(seconds)))) for side, each in sides.items()}


def ask(process: "subprocess.Popen[str]", line: str) -> str:
    """What a side says to a line."""
    print(line, file=process.stdin, flush=True)
    return next(iter(process.stdout or ()), "").strip()


if __name__ == "__main__":
    main()
