"""Baking what is missing, each model in a process of its own, which alone imports torch."""

import collections
import contextlib
import dataclasses
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from passerelle.artifact import given_labels, module_closure, store, user_modules
from passerelle.artifact.label_file import LabelsError
from passerelle.artifact.user_modules import ModuleError
from passerelle.artifact.weight_sources import WeightsError
from passerelle.local.process import die_with_parent, environment
from passerelle.manifest.model import Model

STOP_TIMEOUT = 5.0  # seconds that a bake has to clean up
LAST_LINES = 20  # of what a bake's libraries printed, that a failure shows

Report = Callable[[str, int, int], None]  # step, its number, of how many


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one model: its artifact's folder, or why there is none."""

    model: Model
    folder: Path | None
    error: str = ""


def missing(models: Iterable[Model], artifacts: Path) -> list[Model]:
    """The models whose artifact isn't there yet, or can't be known.

    Raises:
        ModuleError: a module of the user's would be mixed up with another.
    """
    for model in models:
        user_modules.refuse_conflicts(model)
    return [model for model in models if find(model, artifacts) is None]


def find(model: Model, artifacts: Path) -> Path | None:
    """The folder of a model's artifact, if it was baked."""
    folder = target(model, artifacts)
    return folder if folder and store.baked(folder) else None


def target(model: Model, artifacts: Path) -> Path | None:
    """The folder that a model's bake fills; None while its checkpoint or labels aren't there."""
    try:
        return store.folder(artifacts, model)
    except WeightsError:
        return None


def bake(model: Model, artifacts: Path, report: Report) -> Result:
    """The artifact of one model: the one that is there, or a new one."""
    try:
        user_modules.refuse_conflicts(model)
        if folder := find(model, artifacts):
            return Result(model, folder)
        user_modules.require(model)
        module_closure.refuse_foreign_imports(model)
        given_labels.require(model)
    except (ModuleError, LabelsError, WeightsError) as error:
        return Result(model, None, str(error))
    with subprocess.Popen(
        [sys.executable, "-m", "services.bake", str(artifacts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",  # of what libraries print
        env=environment({}),
        preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
    ) as child:
        return follow(model, child, report)


def follow(model: Model, child: "subprocess.Popen[str]", report: Report) -> Result:
    """Give a bake its recipe and follow it to its end."""
    assert child.stdin  # noqa: S101  # for the type checker: these are the pipes made above
    assert child.stdout  # noqa: S101  # the same
    assert child.stderr  # noqa: S101  # the same
    progress = Progress(report)
    printed = threading.Thread(target=progress.read_printed, args=(child.stderr,), daemon=True)
    printed.start()
    try:
        child.stdin.write(model.recipe.model_dump_json())
        child.stdin.close()
        for line in child.stdout:
            event = json.loads(line)
            if "folder" in event:
                progress.done()
                return Result(model, Path(event["folder"]))
            if "error" in event:
                return Result(model, None, event["error"])
            progress.step(event)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_TIMEOUT)  # so that how it ended is its own doing
    finally:
        stop(child)
        printed.join()
    return Result(model, None, progress.ending(child.returncode))


class Progress:
    """How far a bake is: its step, and what libraries print meanwhile, such as of a download."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._step, self._number, self._steps = "start", 0, 1
        self._printed: collections.deque[str] = collections.deque(maxlen=LAST_LINES)

    def step(self, event: dict[str, Any]) -> None:
        """A step began: its name, its number, and of how many."""
        self._step, self._number, self._steps = event["step"], event["number"], event["steps"]
        self._report(self._step, self._number, self._steps)

    def done(self) -> None:
        """The last step ended."""
        self._report("done", self._steps, self._steps)

    def read_printed(self, stream: IO[str]) -> None:
        """Read what libraries print until its end, and report every percentage in it."""
        for line in iter(lambda: read_line(stream), ""):
            self._printed.append(line)
            if "%" in line:
                self._report(f"{self._step} {line[-60:]}", self._number, self._steps)

    def ending(self, code: int) -> str:
        """How a bake ended that gave no reason: its exit code, or the signal, and what it printed.

        A negative code is a signal's, as in subprocess.
        """
        how = f"ended with exit code {code}"
        if code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        if code == -signal.SIGKILL:
            how += ", which the system does where memory runs out,"
        last = " ".join(self._printed)[-500:]
        return f"the bake {how} in the step {self._step!r}{f': {last}' if last else '.'}"


def read_line(stream: IO[str]) -> str:
    """Text up to the next line feed or carriage return, which progress bars use; "" at the end."""
    text = ""
    while character := stream.read(1):
        if character in "\r\n":
            return text or " "
        text += character
    return text


def stop(child: "subprocess.Popen[str]") -> None:
    """Stop a bake that may still run, and let it clean up."""
    child.terminate()
    try:
        child.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
