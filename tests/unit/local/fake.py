"""What stands in for time, for processes, and for a manifest's models."""

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

from passerelle.local.process import Command, Process
from passerelle.manifest.model import Backend, ExternalModel, Model


class Clock:
    """Time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


class Child:
    """A process that runs until it is told otherwise."""

    pid = 4321

    def __init__(self) -> None:
        self.code: int | None = None
        self.ignores_sigterm = False
        self.waited: list[float | None] = []

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        if not self.ignores_sigterm:
            self.code = 0

    def wait(self, timeout: float | None = None) -> int:
        self.waited.append(timeout)
        if self.code is None and timeout is not None:
            raise subprocess.TimeoutExpired("child", timeout)
        return self.code or 0


@dataclasses.dataclass(frozen=True)
class FakeCommand(Command):
    """A command whose children are kept here."""

    children: list[Child] = dataclasses.field(default_factory=list)

    def spawn(self) -> Child:
        self.children.append(Child())
        return self.children[-1]


def command(folder: Path, name: str = "net") -> FakeCommand:
    return FakeCommand([name], {}, folder / "logs" / f"{name}.log")


def process(folder: Path, name: str = "net") -> Process:
    """A process that has started and does nothing."""
    made = Process(name, command(folder, name), Clock().monotonic)
    made.start()
    return made


def external(model_id: str, *command: str, **backend: Any) -> ExternalModel:
    """A model with a backend, started by a command where one is given."""
    return ExternalModel(
        id=model_id, title=model_id.title(), service=model_id, timeout=10.0,
        backend=Backend(command=command, **backend),
    )  # fmt: skip


def model(model_id: str, service: str = "", architecture: str = "nets:net") -> Model:
    """A model of a manifest."""
    return Model(
        id=model_id, title=model_id.title(), architecture=architecture, weights="random",
        service=service or model_id, timeout=10.0,
    )  # fmt: skip
