"""A peer that runs: started with files and ports of its own, and stopped with all it started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import procfs
from bench.peers.catalog import Peer
from bench.peers.venv import ROOT
from bench.stack import free_ports
from passerelle.local.process import die_with_parent

STOP_TIMEOUT = 8.0  # seconds that a peer has to stop by itself
PREPARE_TIMEOUT = 60.0  # seconds
POLL_INTERVAL = 0.1  # seconds
LOG_TAIL = 4  # lines of its log that a failure shows


class PeerError(Exception):
    """A peer that doesn't run; the text says why."""


class Process:
    """One peer's process, in a session of its own."""

    api_key = ""  # it asks for none

    def __init__(self, peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> None:
        ports = free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self._log = folder / "log"
        self._placeholders = {
            "port": ports[0],
            "port2": ports[1],
            "port3": ports[2],
            "folder": folder,
            "workers": peer.workers,
        }
        self._peer, self._programs = peer, venv / "bin"
        self._environment = {
            **os.environ,
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "BENCH_PORT": str(ports[0]),
            "BENCH_ARTIFACT": str(artifact.resolve()) if artifact else "",
            **{name: self._substitute(value) for name, value in peer.settings.items()},
        }

    def start(self) -> None:
        """Prepare, then start; the clock runs from here.

        Raises:
            PeerError: it couldn't be prepared.
        """
        if self._peer.prepare:
            try:
                subprocess.run(
                    self._command(self._peer.prepare),
                    cwd=ROOT, env=self._environment, timeout=PREPARE_TIMEOUT,
                    check=True, capture_output=True,
                )  # fmt: skip
            except subprocess.SubprocessError as error:
                raise PeerError(f"not prepared: {error}") from None
        with self._log.open("wb") as output:
            self._child = subprocess.Popen(
                self._command(self._peer.command),
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )
        self.began = time.monotonic()

    def _command(self, template: tuple[str, ...]) -> list[str]:
        """A command of its virtual environment, with its own port and folder in it."""
        program, *rest = map(self._substitute, template)
        return [str(self._programs / program), *rest]

    def _substitute(self, text: str) -> str:
        """A text of the catalogue with this run's values in place of its placeholders."""
        return text.format(**self._placeholders)

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [each.pid for each in procfs.descendants(self._child.pid)]

    @property
    def running(self) -> bool:
        """Whether its first process lives."""
        return self._child.poll() is None

    def log_tail(self) -> str:
        """The end of what it printed."""
        printed = self._log.read_text(errors="replace").replace(str(ROOT), ".")
        lines = [line.strip() for line in printed.splitlines()]
        return " / ".join([line for line in lines if line][-LOG_TAIL:])

    def stop(self) -> None:
        """Ask all of it to stop, then kill what is left of all that it started."""
        processes = procfs.descendants(self._child.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGTERM)
        self._wait_for_end(processes)
        for each in processes:
            if each.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        self._wait_for_end(processes)

    def _wait_for_end(self, processes: list[procfs.Process]) -> None:
        """Wait until none of them lives, at most STOP_TIMEOUT."""
        deadline = time.monotonic() + STOP_TIMEOUT
        while any(each.alive for each in processes) and time.monotonic() < deadline:
            self._child.poll()
            time.sleep(POLL_INTERVAL)
        self._child.poll()


@contextlib.contextmanager
def started(peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> Iterator[Process]:
    """A peer that is stopped at the end, whatever happens."""
    process = Process(peer, venv, artifact, folder)
    process.start()
    try:
        yield process
    finally:
        process.stop()
