"""Our own sources, as images are built from them.

In the repository they lie in the build's context anyway. Elsewhere they are copied into it, so that
an engine builds in a folder that holds nothing but a manifest:

    .passerelle/context/
        passerelle/ gateway/ services/    as installed, each with its Dockerfile
        pyproject.toml constraints.txt    what each image installs
        scripts/                          how it installs that

Beside each Dockerfile lies the ignore file that the engine takes in place of the folder's own
`.dockerignore`, whose lines it begins with.
"""

import filecmp
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

COPIES = Path(".passerelle/context")
IMAGE = Path(__file__).parent / "image"
PACKAGES = ("gateway", "passerelle", "services")
IGNORED = """\
# What no image is made of. Rendered by: passerelle render compose
.git
.venv
keys.yaml
!.passerelle
.passerelle/*
!.passerelle/context
**/__pycache__
**/site-packages
"""


def location(folder: Path) -> Path:
    """Where the sources lie in a build's context: right there in the repository, else `COPIES`."""
    return Path() if (folder / "passerelle").resolve() == _package("passerelle") else COPIES


def write(folder: Path) -> None:
    """Copy the sources into a build's context, unless they lie there.

    Raises:
        OSError: the folder can't be written to.
    """
    if location(folder) != COPIES or is_current(folder):
        return
    target = folder / COPIES
    shutil.rmtree(target, ignore_errors=True)
    for name, file in _files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / name)
    for dockerfile in target.rglob("Dockerfile"):
        dockerfile.with_name("Dockerfile.dockerignore").write_bytes(_ignored(folder))


def is_current(folder: Path) -> bool:
    """Whether the sources in a build's context are those of this version, whole."""
    if location(folder) != COPIES:
        return True
    target = folder / COPIES
    ignore_files = [*target.rglob("Dockerfile.dockerignore")]
    same = all(_same(file, target / name) for name, file in _files())
    return (
        same
        and bool(ignore_files)
        and all(file.read_bytes() == _ignored(folder) for file in ignore_files)
    )


def _files() -> Iterator[tuple[Path, Path]]:
    """The files, each with its path in the context."""
    for package in PACKAGES:
        root = _package(package)
        for file in sorted(root.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(root.parent), file
    for file in sorted(IMAGE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(IMAGE), file


def _package(name: str) -> Path:
    """The folder of one of our packages."""
    spec = importlib.util.find_spec(name)
    assert spec  # noqa: S101  # for the type checker: this code is installed beside it
    return Path(next(iter(spec.submodule_search_locations or ()))).resolve()


def _same(file: Path, copy: Path) -> bool:
    """Whether a copy is there and like its file."""
    return copy.is_file() and filecmp.cmp(file, copy, shallow=False)


def _ignored(folder: Path) -> bytes:
    """The ignore file of a context: the folder's own lines, then ours."""
    own = folder / ".dockerignore"
    lines = own.read_bytes() + b"\n" if own.is_file() else b""
    return lines + IGNORED.encode()
