"""The Makefile's smaller targets, run in a copy of the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import passerelle
from tests.support import stack


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that a clone would have, with the environment that runs the tests."""
    root = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=stack.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if os.path.lexists(stack.ROOT / name):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(stack.ROOT / name, root / name, follow_symlinks=False)
    (root / ".venv").symlink_to(sys.prefix)
    return root


def make(clone: Path, target: str) -> str:
    """What a target prints, with the environment as it is and without an index of packages."""
    # What `make test` itself was told is not for this one.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-o", ".venv/installed", target],
        cwd=clone, capture_output=True, text=True, check=True,
        env=outside | {"PYTHONPATH": str(clone), "PIP_NO_INDEX": "1",
                       "PIP_NO_BUILD_ISOLATION": "0"},  # which is pip's way to say yes
    )  # fmt: skip
    return done.stdout


def changed(clone: Path) -> list[str]:
    """The files of the clone that are unlike the repository's."""
    files = [file for file in clone.rglob("*") if file.is_file() and ".venv" not in file.parts]
    names = [file.relative_to(clone).as_posix() for file in files]
    return [
        name
        for name in names
        if (stack.ROOT / name).is_file()
        and (stack.ROOT / name).read_bytes() != (clone / name).read_bytes()
    ]


@pytest.mark.parametrize("target", ["format", "render", "words"])
def test_what_is_generated_is_as_it_would_be_made_now(clone: Path, target: str) -> None:
    make(clone, target)
    assert changed(clone) == []


def test_lock_pins_what_is_installed(clone: Path) -> None:
    make(clone, "lock")
    first, *pins = (clone / "constraints.txt").read_text().splitlines()
    assert first.startswith("# ")
    assert len(pins) > 50
    assert all("==" in pin for pin in pins)
    shutil.copy(stack.ROOT / "constraints.txt", clone)


def test_wheel_is_built_into_dist(clone: Path) -> None:
    make(clone, "wheel")
    wheels = [file.name for file in (clone / "dist").iterdir()]
    assert wheels == [f"passerelle-{passerelle.__version__}-py3-none-any.whl"]


def test_help_has_a_line_for_each_target(clone: Path) -> None:
    phony = (clone / "Makefile").read_text().partition(".PHONY:")[2].partition("\n")[0]
    lines = [line.split(maxsplit=1) for line in make(clone, "help").splitlines()]
    assert {target for target, _ in lines} == set(phony.split())
