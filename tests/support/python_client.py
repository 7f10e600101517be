"""A client in Python that can't be installed beside us, in a virtual environment of its own."""

import fcntl
import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import stack

ENVIRONMENTS = stack.ROOT / ".passerelle" / "clients"  # kept from one test run to the next
REQUIRED = "CI" in os.environ or os.environ.get("PASSERELLE_E2E") == "required"


def run(
    requirement: str,
    script: str,
    *arguments: str,
    folder: Path | None = None,
    seconds: float = 120,
) -> str:
    """What a script prints in a folder, in the environment of a package, `name==version`."""
    done = subprocess.run(
        [python(requirement), "-c", script, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def python(requirement: str) -> Path:
    """The environment's Python, made by whichever process is the first to need it."""
    folder = ENVIRONMENTS / requirement
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            install(requirement, folder / "venv")
            (folder / "complete").touch()
    return folder / "venv/bin/python"


def install(requirement: str, venv: Path) -> None:
    """Make an environment with a package in it. Where that can't be had, the test is skipped.

    In CI it fails.
    """
    for command in (
        (sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)),
        (
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(venv / "bin/python"),
            "install",
            "--no-compile",
            requirement,
        ),  # few of its modules are ever imported
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            reason = f"pip can't get {requirement}: {done.stderr[-500:]}"
            (pytest.fail if REQUIRED else pytest.skip)(reason)
