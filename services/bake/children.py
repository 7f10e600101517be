"""The processes that a bake started: code of the user's, or a library, may leave some running."""

import contextlib
import os
import signal
from pathlib import Path

PROCESS = Path("/proc/self")


def end(process: Path = PROCESS) -> None:
    """Kill those that still run, where the system lists them: they keep the bake's output open."""
    for listed in process.glob("task/*/children"):
        for pid in listed.read_text().split():
            with contextlib.suppress(
                ProcessLookupError, ChildProcessError
            ):  # ended, and waited for
                os.kill(int(pid), signal.SIGKILL)
                os.waitpid(int(pid), 0)
