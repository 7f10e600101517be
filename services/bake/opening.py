"""Which files a bake opens: an audit hook of Python's tells, for as long as a recording runs.

What is installed, the system's, ours, or made by the bake itself is none of its inputs.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from passerelle.artifact import content, import_closure, inputs, opened_files
from passerelle.artifact.user_modules import OUR_PACKAGES
from passerelle.manifest.model import Recipe
from services.bake.errors import BakeError

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
INSTALLED = (sys.prefix, sys.base_prefix, sys.exec_prefix)
SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64", "/bin", "/run", "/var")


class Recording:
    """What was opened since it began, from any thread."""

    def __init__(self) -> None:
        self._read: dict[str, content.Stamp] = {}  # by path, as it was when it was first opened
        self._written: set[str] = set()
        self._modules_before = set(sys.modules)

    def note(self, file: Any, mode: str | None, flags: int) -> None:
        """A file is being opened. Descriptors have been opened before."""
        if not isinstance(file, str | bytes | os.PathLike):
            return
        path = os.path.normpath(Path(os.fsdecode(file)).absolute())
        if path.startswith(INSTALLED):
            return
        if set(mode or "") & set("wax+") or (mode is None and flags & WRITING):
            self._written.add(path)
        elif path not in self._read:
            self._read[path] = content.stamp(Path(path))

    def _imported(self) -> Iterator[str]:
        """The sources of modules, of which Python opens what it compiled before."""
        for name, module in tuple(sys.modules.items()):
            if name not in self._modules_before and getattr(module, "__file__", None):
                yield str(module.__file__)

    def digests(self, recipe: Recipe, artifacts: Path) -> dict[str, str]:
        """The SHA-256 of each file that was read and is none of a recipe's known inputs, by name.

        Raises:
            BakeError: one has changed since it was opened.
        """
        read = {file: content.stamp(Path(file)) for file in self._imported()} | self._read
        known, found = inputs.paths(recipe), {}
        known |= {each.resolve() for each in known}
        for path, stamp in read.items():
            file = Path(path)
            if path in self._written or file in known or not _counts(file, recipe, artifacts):
                continue
            if content.stamp(file) != stamp:
                raise BakeError(f"{recipe.id}: {file} was changed meanwhile; bake it again.")
            found[opened_files.name(file, recipe)] = content.digests.of_readable(file)
        return found


_recordings: list[Recording] = []
_hooked: list[bool] = []  # an audit hook stays for good


@contextlib.contextmanager
def recording() -> Iterator[Recording]:
    """A recording of what is opened inside the block."""
    if not _hooked:
        sys.addaudithook(_on_event)
        _hooked.append(True)
    made = Recording()
    _recordings.append(made)
    try:
        yield made
    finally:
        _recordings.remove(made)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        for each in _recordings:
            each.note(*arguments)


def _counts(file: Path, recipe: Recipe, artifacts: Path) -> bool:
    """Whether a file may decide what a network is."""
    ours = [import_closure.ROOT / package for package in OUR_PACKAGES]
    excluded: list[Path | str] = [*ours, *INSTALLED, artifacts.absolute()]
    if any(file.is_relative_to(folder) for folder in excluded) or "site-packages" in file.parts:
        return False
    tops = [Path(folder) for folder in recipe.module_folders if folder != "/"]
    top = next((each for each in tops if file.is_relative_to(each)), None)
    hidden = file.relative_to(top).parts if top else file.parts
    if any(part.startswith(".") or part == "__pycache__" for part in hidden):
        return False
    outside = any(file.is_relative_to(folder) for folder in (*SYSTEM, tempfile.gettempdir()))
    return not file.is_dir() if top else file.is_file() and not outside
