"""What must hold before a local run starts: packages, a folder and a port to itself, sockets."""

import contextlib
import errno
import fcntl
import importlib.metadata
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = Path("/tmp")  # noqa: S108  # a socket's path must be short; mkdtemp makes it private


# A requirement of an extra, as a wheel's metadata has it: `flask==3.1.3; extra == "gateway"`. One
# that has further conditions doesn't fit, and isn't asked for.
REQUIREMENT = re.compile(r"""([\w.-]+)(?:\[([\w,-]+)\])?[^;]*; extra == ["']([\w-]+)["']""")


NOT_OURS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # addresses of other machines, or of none


class RefusedError(Exception):
    """A run that can't start; the text says what to do."""


def require(*extras: str, instead: str = "") -> None:
    """Return only if the packages of these extras are installed. None is imported.

    Raises:
        RefusedError: names the packages, and the extras to install.
    """
    lacking = {extra: found for extra in extras if (found := missing(extra))}
    if lacking:
        names = ", ".join(dict.fromkeys(name for found in lacking.values() for name in found))
        command = f"pip install 'passerelle[{','.join(lacking)}]'"
        otherwise = f", {instead}" if instead else ""
        raise RefusedError(
            f"Packages are missing. Install them with: {command}{otherwise}. Not there: {names}"
        )


def missing(extra: str) -> list[str]:
    """The packages of an extra, and of those that it includes, that are not installed."""
    found = []
    for line in requirements():
        match = REQUIREMENT.fullmatch(line)
        if match and match[3] == extra:
            found += [] if installed(match[1]) else [match[1]]
            for included in match[2].split(",") if match[1] == "passerelle" else []:
                found += missing(included)
    return found


def requirements() -> list[str]:
    """What the installed Passerelle depends on; nothing where it runs without being installed."""
    try:
        return importlib.metadata.requires("passerelle") or []
    except importlib.metadata.PackageNotFoundError:
        return []


def installed(name: str) -> bool:
    """Whether a distribution is there, whatever its version."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@contextlib.contextmanager
def lock_state(state: Path) -> Iterator[None]:
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


def make_socket_folder() -> Path:
    """A new folder for the sockets of this run."""
    remove_stale_sockets()
    return Path(tempfile.mkdtemp(prefix=f"passerelle-{os.getpid()}-", dir=TEMPORARY))


def remove_stale_sockets() -> None:
    """Remove the sockets of runs that were killed and couldn't do it themselves."""
    for folder in TEMPORARY.glob("passerelle-[0-9]*-*"):
        try:
            os.kill(int(folder.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue  # another's, and alive


def require_free_port(host: str, port: int, variable: str = "PORT") -> None:
    """Return only if a port can be had; `variable` is what chooses another.

    Raises:
        RefusedError
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, UnicodeError) as error:
        raise RefusedError(refused_port(host, port, variable, error)) from None


def refused_port(host: str, port: int, variable: str, error: Exception) -> str:
    """Why a port can't be had, and what to do."""
    code, reason = getattr(error, "errno", None), getattr(error, "strerror", None) or str(error)
    if isinstance(error, UnicodeError | socket.gaierror) or code in NOT_OURS:
        kind = "IPv6 address" if ":" in host else "address"
        return (
            f"This machine has no {kind} {host} ({reason}). Choose one that it has: --host "
            "127.0.0.1 for this machine alone, 0.0.0.0 for all that reach it."
        )
    other = port + 8000 if code == errno.EACCES else port + 1  # the first 1023 are the system's
    stop = "Choose" if code == errno.EACCES else "Stop what uses it, or choose"
    return (
        f"Port {port} on {host} can't be had ({reason}). "
        f"{stop} another: {variable}={other} passerelle up"
    )
