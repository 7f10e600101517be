"""Processes that left the session of the command that they come of, as BentoML's workers do.

No signal to the group reaches them, and once their parent was killed nobody ends them. They are
known by a variable that all of a command's processes inherit. On Linux alone: elsewhere none is
found.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "PASSERELLE_BACKEND_RUN"  # another text for each start of a command
PROC = Path("/proc")


def kill(run: str, proc: Path = PROC) -> None:
    """Kill whatever of one start of a command is left."""
    for pid in find(run, proc):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def find(run: str, proc: Path = PROC) -> Iterator[int]:
    """The processes that inherited the variable with this text."""
    wanted = f"{VARIABLE}={run}".encode()
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
