"""What starts a model's backend on this machine: the manifest's command, with a port of its own.

It runs in the manifest's folder with the environment of whoever ran `passerelle up`. PORT in it is
the port of 127.0.0.1 to listen on, another at each start, and `$PORT` in its arguments is the same.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from passerelle.local import stray_processes
from passerelle.local.process import die_with_parent, inherited
from passerelle.local.process_group import ProcessGroup
from passerelle.manifest.model import Backend

_PORT = re.compile(r"\$(PORT\b|\{PORT\})")


class BackendCommand:
    """The command of one backend, and the file of what it prints."""

    def __init__(self, backend: Backend, log: Path) -> None:
        self.backend, self.log = backend, log
        self.port = 0  # of the last start

    def spawn(self) -> ProcessGroup:
        """Start it.

        Raises:
            OSError: its program isn't there, or can't be run.
        """
        self.port, run = free_port(), secrets.token_hex(8)
        with self.log.open("ab") as output:
            leader = subprocess.Popen(
                arguments(self.backend.command, self.port),
                cwd=self.backend.folder,
                env={**inherited(), "PORT": str(self.port), stray_processes.VARIABLE: run},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )
        return ProcessGroup(leader, kill_strays=lambda: stray_processes.kill(run))


def arguments(command: Sequence[str], port: int) -> list[str]:
    """A command's arguments with the port in the place of `$PORT` and `${PORT}`."""
    return [_PORT.sub(str(port), each) for each in command]


def free_port() -> int:
    """A port of this machine that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_there(backend: Backend) -> bool:
    """Whether a command's program is found: by its path from the manifest's folder, or in PATH."""
    program = backend.command[0]
    path = str(Path(backend.folder, program)) if os.sep in program else program
    return shutil.which(path) is not None
