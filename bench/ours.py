"""Passerelle in the comparison: a model service and the gateway that clients go through."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from bench import artifacts, comparison, stack

LOG_TAIL = 500  # characters of the service's log that a failure shows


@dataclasses.dataclass(frozen=True)
class Ours:
    """One of our models, called through the gateway."""

    name: str
    model: str  # an id of models.yaml
    precision: str
    kind: str = comparison.OURS
    encoding: str = "raw"
    setup: str = (
        "one model service with an inference stream a core, called through the gateway: "
        "key checked, traced, logged, the raw body"
    )

    @property
    def path(self) -> str:
        """Where the gateway takes its pictures."""
        return f"/model/{self.model}/predict"


class Process:
    """The service and the gateway, started at the same moment as `passerelle up` does."""

    def __init__(self, running: stack.Stack) -> None:
        self._stack = running
        self.url, self.api_key = running.gateway_url, running.api_key
        self.began = time.monotonic()
        running.service.start()
        running.gateway.start()

    @property
    def running(self) -> bool:
        """Whether both live."""
        return self._stack.service.running and self._stack.gateway.running

    @property
    def pids(self) -> list[int]:
        """All processes of both."""
        return [pid for pids in self._stack.pids.values() for pid in pids]

    def log_tail(self) -> str:
        """The end of what the service printed."""
        return self._stack.service.command.log.read_text()[-LOG_TAIL:]


@contextlib.contextmanager
def started(ours: Ours, folder: Path) -> Iterator[Process]:
    """Ours, stopped at the end, whatever happens."""
    with stack.prepared(ours.model, folder, artifacts.MANIFEST) as running:
        yield Process(running)


BY_PRECISION = {
    "fp32": Ours("Passerelle", "efficientnet-lite0", "fp32"),
    "int8": Ours("Passerelle", "efficientnet-lite0-int8", "int8"),
}
