"""The wheel in an environment of its own, which sees nothing of the repository.

The environment holds the wheel and the packages that it says it needs, as links to those that run
the tests: what it forgot to declare is not there, and nothing is downloaded.
"""

import functools
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from tests.support import stack


class Installed:
    """An environment that the wheel was installed into."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"

    def run(self, *arguments: str, cwd: Path, check: bool = True, timeout: float = 300) -> str:
        """What `passerelle` with these arguments prints."""
        done = subprocess.run(
            [self.bin / "passerelle", *arguments], cwd=cwd, env=clean_environ(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout
        return done.stdout


def clean_environ() -> dict[str, str]:
    """The tests' variables, less those that would show a process the repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@functools.cache
def build(folder: Path) -> Path:
    """The wheel of this tree, built once from the files that a clone would have."""
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=stack.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        origin, target = stack.ROOT / name, source / name
        if origin.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(origin.readlink() if origin.is_symlink() else origin)
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation",
         "--no-index", "--wheel-dir", folder, source],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("passerelle-*.whl"))


def install(wheel: Path, folder: Path, *extras: str) -> Installed:
    """A new environment with the wheel and what its base and these extras need."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--python", folder / "bin" / "python", "install",
         "--no-deps", "--no-index", "--no-compile", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    declared = next(iter(importlib.metadata.distributions(name="passerelle", path=[str(site)])))
    link_all(follow_own_extras(declared.requires or [], ("", *extras)), site)
    return Installed(folder)


def follow_own_extras(requires: list[str], extras: tuple[str, ...]) -> list[str]:
    """The wheel's requirements for these extras, less those that name other extras of its own."""
    found = []
    for text in requires:
        requirement = Requirement(text)
        if not applies(requirement, extras):
            continue
        if requirement.name == "passerelle":
            found += follow_own_extras(requires, tuple(requirement.extras))
        else:
            found.append(text.partition(";")[0])
    return found


def applies(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    """Whether a requirement counts here, with these extras."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": each}) for each in extras)


def link_all(requires: list[str], site: Path) -> None:
    """Make all that these requirements bring seen in an environment."""
    for name in needed(requires, ("",), set()):
        link(importlib.metadata.distribution(name), site)


def needed(requires: list[str], extras: tuple[str, ...], found: set[str]) -> set[str]:
    """The names of all distributions that these requirements bring, however far."""
    for text in requires:
        requirement = Requirement(text)
        name = requirement.name.lower()
        if applies(requirement, extras) and name not in found and is_installed(name):
            found.add(name)
            its = importlib.metadata.distribution(name).requires or []
            needed(its, ("", *requirement.extras), found)
    return found


def install_requirements(installed: Installed, file: Path) -> None:
    """What `pip install -r` would bring."""
    site = next(installed.bin.parent.glob("lib/python*/site-packages"))
    lines = [each for each in file.read_text().splitlines() if not each.startswith("#")]
    link_all(lines, site)


def is_installed(name: str) -> bool:
    """Whether a distribution is there: what is for another platform is not."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def link(distribution: importlib.metadata.Distribution, site: Path) -> None:
    """Make a distribution's packages seen in an environment."""
    for top in {file.parts[0] for file in distribution.files or []} - {".."}:
        target = site / top
        if not target.exists():
            target.symlink_to(Path(str(distribution.locate_file(top))))
