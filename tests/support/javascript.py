"""A client in JavaScript, as npm gives it, run by this machine's Node.js."""

import fcntl
import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import stack

PACKAGES = stack.ROOT / ".passerelle" / "javascript"  # kept from one test run to the next


def run(package: str, script: str, folder: Path, seconds: float = 60) -> str:
    """What a script prints that uses a package, `name@version`, and is run in a folder."""
    node = program("node")
    (folder / "node_modules").unlink(missing_ok=True)
    (folder / "node_modules").symlink_to(installed(package))
    file = folder / "script.mjs"
    file.write_text(script)
    done = subprocess.run(
        [node, file.name], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def installed(package: str) -> Path:
    """The packages' folder, by whichever process is the first to need it."""
    folder = PACKAGES / package.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            install(package, folder)
    return folder / "node_modules"


def install(package: str, folder: Path) -> None:
    """Get a package from npm."""
    command = [
        program("npm"),
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(folder),
        package,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        why = next(iter(done.stderr.strip().splitlines()), "")
        missing(f"npm can't get {package}: {why}")
    (folder / "complete").touch()


def program(name: str) -> str:
    """A program of this machine."""
    return shutil.which(name) or missing(f"no {name} is installed")


def missing(what: str) -> str:
    """Skip the test, unless everything must be there, as in CI."""
    if os.environ.get("PASSERELLE_E2E") == "required":
        pytest.fail(what)
    pytest.skip(what)
