"""The files of a folder of sources: code, and the data beside it, but no datasets.

What is hidden, compiled or installed doesn't count, and neither do the data of a folder that holds
so many files that they are pictures to train with.
"""

import dataclasses
import itertools
import os
from collections.abc import Collection, Iterator
from pathlib import Path

MAX_DATA_FILES = 1_000  # that a folder holds, however deep; with more, it is a dataset
MAX_DATA_BYTES = 2**30  # the same
CODE = frozenset({".py", ".so", ".pyd"})
# Nobody's input unless code names it, or opens it: what people read, and Passerelle's own files.
PROSE = frozenset({".ipynb", ".log", ".md", ".rst"})
OURS = frozenset({"docker-compose.yaml", "keys.yaml", "models.schema.json", "models.yaml"})
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})


@dataclasses.dataclass
class Tree:
    """What lies in a folder, however deep."""

    code: list[Path] = dataclasses.field(default_factory=list)
    data: list[Path] = dataclasses.field(default_factory=list)
    folders: list[Path] = dataclasses.field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        """The code and the data."""
        return [*self.code, *self.data]

    @property
    def is_dataset(self) -> bool:
        """Whether the data are more than a network reads."""
        too_many = len(self.data) > MAX_DATA_FILES
        return too_many or sum(_size(file) for file in self.data) > MAX_DATA_BYTES


def package(root: Path) -> Tree:
    """A module's file alone, or all of a package's folder but datasets in it."""
    if not root.is_dir():
        return Tree(code=[root] if root.is_file() else [])
    return _package(root, frozenset())


def named(folder: Path) -> Tree:
    """All of a folder that code names; nothing of a dataset without code."""
    tree = Tree(folders=[folder])
    for file in itertools.islice(_walk(folder, frozenset()), MAX_DATA_FILES + 1):
        (tree.code if file.suffix in CODE else tree.data).append(file)
        if file.parent not in tree.folders[-1:]:
            tree.folders.append(file.parent)
    if len(tree.files) <= MAX_DATA_FILES and not tree.is_dataset:
        return tree
    return Tree(package(folder).code, [], [folder]) if tree.code else Tree()


def _package(folder: Path, above: frozenset[Path]) -> Tree:
    tree = Tree(folders=[folder])
    for entry in entries(folder, above):
        path = Path(entry.path)
        if entry.is_dir():
            below = _package(path, above | {folder.resolve()})
            tree.code += below.code
            tree.folders += below.folders
            tree.data += [] if below.is_dataset else below.data
        elif path.suffix not in PROSE and path.name not in OURS:
            (tree.code if path.suffix in CODE else tree.data).append(path)
    return tree


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """The files, those of a folder before those of the next."""
    found = entries(folder, above)
    yield from (Path(entry.path) for entry in found if not entry.is_dir())
    for entry in found:
        if entry.is_dir():
            yield from _walk(Path(entry.path), above | {folder.resolve()})


def entries(folder: Path, above: Collection[Path] = ()) -> "list[os.DirEntry[str]]":
    """The files and folders that count, by name; none in a folder that links to one above it.

    None either in one that can't be read.
    """
    if folder.resolve() in above or (folder / "pyvenv.cfg").is_file():
        return []
    try:
        with os.scandir(folder) as found:
            return sorted(filter(_counts, found), key=lambda entry: entry.name)
    except OSError:
        return []


def _counts(entry: "os.DirEntry[str]") -> bool:
    if entry.name.startswith(".") or entry.name in SKIPPED:
        return False
    try:
        return entry.is_dir() or entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
