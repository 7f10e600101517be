"""A process of anybody's, in a session of its own, and whatever it starts."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench import procfs
from passerelle.local.process import die_with_parent

STOP_TIMEOUT = 8.0  # seconds that it has to stop by itself
POLL_INTERVAL = 0.1  # seconds


class ProcessTree:
    """Not started yet. `environ` is all that it gets, and `log` holds what it prints."""

    def __init__(
        self, arguments: list[str], folder: Path, environ: Mapping[str, str], log: Path
    ) -> None:
        self._arguments, self._folder, self._environ = arguments, folder, environ
        self.log = log
        self.pid = 0  # of its first process; 0: not started yet

    def start(self) -> None:
        """Start it; `began` is when, in seconds of time.monotonic."""
        with self.log.open("wb") as output:
            self._child = subprocess.Popen(
                self._arguments,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )
        self.pid, self.began = self._child.pid, time.monotonic()

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [each.pid for each in self._processes]

    @property
    def _processes(self) -> list[procfs.Process]:
        return procfs.descendants(self.pid) if self.pid else []

    @property
    def running(self) -> bool:
        """Whether its first process lives."""
        return self._child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def stop(self) -> None:
        """Ask all of it to stop, then kill what is left of all that it started."""
        processes = self._processes
        self.signal(signal.SIGTERM)
        self._wait_for_end(processes, STOP_TIMEOUT)
        self.kill(processes)

    def kill(self, processes: list[procfs.Process] | None = None) -> None:
        """Kill all of it, or what lives of these."""
        processes = processes or self._processes
        self.signal(signal.SIGKILL)
        for each in processes:
            if each.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        self._wait_for_end(processes, STOP_TIMEOUT)
        with contextlib.suppress(subprocess.TimeoutExpired):  # its threads end after it
            self._child.wait(STOP_TIMEOUT)

    def _wait_for_end(self, processes: list[procfs.Process], seconds: float) -> None:
        """Wait until none of them lives, at most so long."""
        deadline = time.monotonic() + seconds
        while any(each.alive for each in processes) and time.monotonic() < deadline:
            self._child.poll()
            time.sleep(POLL_INTERVAL)
        self._child.poll()
