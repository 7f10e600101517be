"""Which files of ours a module needs: itself, all that it imports however far, and its data.

By this, an artifact's digest holds all of our code that decides a bake, and an image bakes with
that code alone.
"""

import functools
import logging
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("passerelle", "services")  # the gateway bakes nothing


def files(module: str) -> dict[str, Path]:
    """The files of a module's import closure, by their path relative to the packages' folder.

    The data in the module's own package is included.
    """
    sources = [_file(name) for name in modules(module)]
    package = ROOT.joinpath(*module.split(".")[:-1])
    data = [file for file in package.rglob("*") if file.is_file() and not _is_code(file)]
    return {file.relative_to(ROOT).as_posix(): file for file in sorted([*sources, *data])}


@functools.cache
def modules(module: str) -> frozenset[str]:
    """The names of a module's import closure. Importing `a.b` runs `a` too, so that is in it."""
    import grimp  # only who bakes has it

    logging.getLogger("grimp").setLevel(logging.ERROR)  # it warns of every gunicorn.conf.py
    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph.find_modules_directly_imported_by(name)
            waiting += [name.rpartition(".")[0]] if "." in name else []
    return frozenset(found)


def _file(module: str) -> Path:
    """A module's file."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_code(file: Path) -> bool:
    """Whether a file is a module, or one that Python has compiled."""
    return file.suffix in {".py", ".pyc"}
