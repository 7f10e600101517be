"""A peer that runs: started with files and ports of its own, and stopped with all it started."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.peers.catalog import Peer
from bench.peers.venv import ROOT
from bench.process_tree import ProcessTree
from bench.stack import free_ports

PREPARE_TIMEOUT = 60.0  # seconds
LOG_TAIL = 4  # lines of its log that a failure shows


class PeerError(Exception):
    """A peer that doesn't run; the text says why."""


class Process(ProcessTree):
    """One peer's process."""

    api_key = ""  # it asks for none

    def __init__(self, peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> None:
        ports = free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self._placeholders = {
            "port": ports[0],
            "port2": ports[1],
            "port3": ports[2],
            "folder": folder,
            "workers": peer.workers,
        }
        self._peer, self._programs = peer, venv / "bin"
        environ = {
            **os.environ,
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "BENCH_PORT": str(ports[0]),
            "BENCH_ARTIFACT": str(artifact.resolve()) if artifact else "",
            **{name: self._substitute(value) for name, value in peer.settings.items()},
        }
        super().__init__(self._command(peer.command), ROOT, environ, folder / "log")

    def start(self) -> None:
        """Prepare, then start; the clock runs from here.

        Raises:
            PeerError: it couldn't be prepared.
        """
        if self._peer.prepare:
            try:
                subprocess.run(
                    self._command(self._peer.prepare),
                    cwd=ROOT, env=self._environ, timeout=PREPARE_TIMEOUT,
                    check=True, capture_output=True,
                )  # fmt: skip
            except subprocess.SubprocessError as error:
                raise PeerError(f"not prepared: {error}") from None
        super().start()

    def _command(self, template: tuple[str, ...]) -> list[str]:
        """A command of its virtual environment, with its own port and folder in it."""
        program, *rest = map(self._substitute, template)
        return [str(self._programs / program), *rest]

    def _substitute(self, text: str) -> str:
        """A text of the catalogue with this run's values in place of its placeholders."""
        return text.format(**self._placeholders)

    def log_tail(self) -> str:
        """The end of what it printed."""
        printed = self.log.read_text(errors="replace").replace(str(ROOT), ".")
        lines = [line.strip() for line in printed.splitlines()]
        return " / ".join([line for line in lines if line][-LOG_TAIL:])


@contextlib.contextmanager
def started(peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> Iterator[Process]:
    """A peer that is stopped at the end, whatever happens."""
    process = Process(peer, venv, artifact, folder)
    process.start()
    try:
        yield process
    finally:
        process.stop()
