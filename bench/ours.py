"""Passerelle in the comparison: a model service, and the gateway that everyone goes through."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from bench import comparison, hop, stack


@dataclasses.dataclass(frozen=True)
class Ours:
    """One of our models, asked through the gateway."""

    name: str
    model: str  # an id of models.yaml
    precision: str
    kind: str = comparison.OURS
    body: str = "raw"
    setup: str = (
        "one model service with an inference stream a core, asked through the gateway: "
        "key checked, traced, logged, the raw body"
    )

    @property
    def path(self) -> str:
        """Where the gateway takes its pictures."""
        return f"/model/{self.model}/predict"


class Process:
    """The service and the gateway, started at once as `passerelle up` does."""

    def __init__(self, running: stack.Stack) -> None:
        self.stack = running
        self.url, self.key = running.through, running.key
        self.began = time.monotonic()
        running.service.start()
        running.gateway.start()

    @property
    def running(self) -> bool:
        """Whether both live."""
        return self.stack.service.running and self.stack.gateway.running

    @property
    def pids(self) -> list[int]:
        """All processes of both."""
        return [pid for pids in self.stack.processes.values() for pid in pids]

    def last_words(self) -> str:
        """The end of what the service printed."""
        return self.stack.service.log.read_text()[-500:]


@contextlib.contextmanager
def started(ours: Ours, folder: Path) -> Iterator[Process]:
    """Ours, stopped at the end, whatever happens."""
    model, artifact = hop.baked(ours.model)
    with stack.made(model, artifact, folder, hop.MANIFEST) as running:
        yield Process(running)


FP32 = Ours("Passerelle", "efficientnet-lite0", "fp32")
INT8 = Ours("Passerelle", "efficientnet-lite0-int8", "int8")
