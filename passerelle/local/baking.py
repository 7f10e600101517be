"""Baking what is missing, each model in a process of its own, which alone imports torch."""

import collections
import dataclasses
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from passerelle.artifact import store
from passerelle.artifact.weight_sources import WeightsError
from passerelle.local.process import die_with_parent
from passerelle.manifest.model import Model, Models

STOP = 5.0  # seconds that a bake has to stop

Report = Callable[[str, int, int], None]  # step, its number, of how many


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one model: its artifact's folder, or why there is none."""

    model: Model
    folder: Path | None
    error: str = ""


def missing(models: Models, artifacts: Path) -> list[Model]:
    """The models whose artifact isn't there yet, or can't be found out about."""
    return [model for model in models if found(model, artifacts) is None]


def found(model: Model, artifacts: Path) -> Path | None:
    """The folder of a model's artifact, if it was baked."""
    try:
        folder = store.folder(artifacts, model)
    except WeightsError:
        return None
    return folder if store.baked(folder) else None


def bake(model: Model, artifacts: Path, report: Report) -> Result:
    """The artifact of one model: the one that is there, or a new one."""
    folder = found(model, artifacts)
    if folder:
        return Result(model, folder)
    command = [sys.executable, "-m", "services.bake", str(artifacts)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
    ) as child:
        return outcome(model, child, report)


def outcome(model: Model, child: "subprocess.Popen[str]", report: Report) -> Result:
    """Follow a bake to its end."""
    assert child.stdin  # noqa: S101  # for the type checker: these are the pipes made above
    assert child.stdout  # noqa: S101  # the same
    assert child.stderr  # noqa: S101  # the same
    told: dict[str, Any] = {"step": "start", "number": 0, "steps": 1}
    last: collections.deque[str] = collections.deque(maxlen=20)

    def listen(stream: IO[str]) -> None:
        """Take up what libraries print, such as how far a download is."""
        for line in iter(lambda: chunk(stream), ""):
            last.append(line)
            if "%" in line:
                report(f"{told['step']} {line[-60:]}", told["number"], told["steps"])

    ear = threading.Thread(target=listen, args=(child.stderr,), daemon=True)
    ear.start()
    try:
        child.stdin.write(model.recipe.model_dump_json())
        child.stdin.close()
        for line in child.stdout:
            said = json.loads(line)
            if "step" in said:
                told = said
                report(said["step"], said["number"], said["steps"])
            elif "folder" in said:
                report("done", told["steps"], told["steps"])
                return Result(model, Path(said["folder"]))
            else:
                return Result(model, None, said["error"])
    finally:
        end(child)
        ear.join()
    return Result(model, None, f"the bake ended without a word: {' '.join(last)[-500:]}")


def end(child: "subprocess.Popen[str]") -> None:
    """Stop a bake that may still run, and let it clean up behind it."""
    child.terminate()
    try:
        child.wait(STOP)
    except subprocess.TimeoutExpired:
        child.kill()


def chunk(stream: IO[str]) -> str:
    """Text up to the next line feed or carriage return, which progress bars use."""
    text = ""
    while character := stream.read(1):
        if re.match(r"[\r\n]", character):
            return text or " "
        text += character
    return text
