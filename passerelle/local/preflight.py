"""What must hold before a local run starts: a folder and a port to itself, and room for sockets."""

import contextlib
import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = Path("/tmp")  # noqa: S108  # a socket's path must be short; mkdtemp makes it private


class RefusedError(Exception):
    """A run that can't start; the text says what to do."""


@contextlib.contextmanager
def alone(state: Path) -> Iterator[None]:
    """Keep a second run out of a state folder, whose logs and demo key belong to one.

    Raises:
        RefusedError
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(
                f"Another run uses {state}. Stop it, or give this one a --state of its own."
            ) from None
        yield


def sockets() -> Path:
    """A new folder for the sockets of this run."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=f"passerelle-{os.getpid()}-", dir=TEMPORARY))


def sweep() -> None:
    """Remove the sockets of runs that were killed and couldn't do it themselves."""
    for folder in TEMPORARY.glob("passerelle-[0-9]*-*"):
        try:
            os.kill(int(folder.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue  # another's, and alive


def refuse_taken_port(host: str, port: int, variable: str = "PORT") -> None:
    """Say so before anything is started; `variable` chooses another.

    Raises:
        RefusedError
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RefusedError(
                f"Port {port} on {host} can't be had ({error.strerror}). "
                f"Stop what uses it, or choose another: {variable}={port + 1} make up"
            ) from None
