"""The processes that a bake started: code of the user's, or a library, may leave some running."""

import contextlib
import os
import signal
from pathlib import Path

PROCESS = Path("/proc/self")


def end(process: Path = PROCESS) -> None:
    """Kill those that still run, where the system lists them: they keep the bake's output open."""
    for pid in listed(process):
        with contextlib.suppress(ProcessLookupError, ChildProcessError):  # ended, and waited for
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def listed(process: Path) -> list[int]:
    """The processes that a process's threads have started, but for threads that end meanwhile."""
    found: list[int] = []
    for children in process.glob("task/*/children"):
        with contextlib.suppress(OSError):
            found += map(int, children.read_text().split())
    return found
