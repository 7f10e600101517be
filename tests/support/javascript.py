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


def installed(package: str) -> Path:
    """The packages' folder. Where the package can't be had, the test is skipped."""
    program("npm")
    folder = PACKAGES / package.replace("/", "-")
    if why := install(package, folder):
        missing(f"npm can't get {package}: {why}")
    return folder / "node_modules"


@functools.cache
def install(package: str, folder: Path) -> str:
    """Get a package from npm, by whichever process is the first to need it; why it can't be had."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--fetch-retries=1", "--prefix", str(folder)]
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "complete").exists():
            return ""
        done = subprocess.run(
            [program("npm"), "install", *options, package],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode:
            return next(iter(done.stderr.strip().splitlines()), "npm fails")
        (folder / "complete").touch()
    return ""


def program(name: str) -> str:
    """A program of this machine."""
    return shutil.which(name) or missing(f"no {name} is installed")


def missing(what: str) -> str:
    """Skip the test, unless everything must be there, as in CI."""
    if os.environ.get("PASSERELLE_E2E") == "required":
        pytest.fail(what)
    pytest.skip(what)
