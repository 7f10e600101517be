"""All that an architecture's module is made of beside what is installed, found without running it.

A stale artifact must never be served, so rather too much is found than too little:

- the module, or its whole package with all data in it,
- what these import beside the manifest, however far: at the top, in a function, by its name in a
  text (`import_module("layers")`), in a package without `__init__.py`, in an editable installation,
- what a text in any of this code names beside the manifest: `config.json`, `weights/net.pth`, or a
  whole folder such as the `configs` of f"configs/{size}.yaml".

What code finds by a name that it computes is seen only as a bake opens it: see `opened_files`.
"""

import dataclasses
from pathlib import Path, PurePath

from passerelle.artifact import references, source_tree, user_modules
from passerelle.artifact.source_tree import Tree
from passerelle.manifest.model import Recipe


@dataclasses.dataclass(frozen=True)
class Closure:
    """What was found."""

    files: dict[str, Path]  # by their path relative to the folder in which modules are looked for
    folders: frozenset[Path]  # in which a new file may belong to it
    installed: frozenset[str]  # top-level names of modules that are none of the user's


def of(recipe: Recipe) -> Closure:
    """The closure of a recipe's architecture.

    A folder or a source that can't be read counts as empty: a bake can't read it either.
    """
    search = _Search(recipe)
    search.run()
    return Closure(search.files, frozenset(search.folders), frozenset(search.installed))


class _Search:
    """A search under way."""

    def __init__(self, recipe: Recipe) -> None:
        self._module_folders = recipe.module_folders
        self.files: dict[str, Path] = {}
        self.folders: set[Path] = set()
        self.installed: set[str] = set()
        self._seen: set[str] = set()  # the modules
        self._waiting = [user_modules.top_level(recipe)]  # the same
        self._texts: set[str] = set()
        self._bases: dict[Path, Path] = {}  # where texts name something, and what it is beside

    def run(self) -> None:
        """Search until nothing more is found."""
        before = -1
        while before != len(self.files) + len(self._texts) + len(self._bases):
            before = len(self.files) + len(self._texts) + len(self._bases)
            while self._waiting:
                self._add_module(self._waiting.pop())
            for base, top in tuple(self._bases.items()):
                for text in tuple(self._texts):
                    self._add_named(text, base, top)

    def _add_module(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        roots = user_modules.roots(name, self._module_folders)
        if not roots:
            self.installed.add(name)
        for root in roots:
            for top in (root.parent, *map(Path, self._module_folders)):
                self._bases.setdefault(top, top)
            self._add(source_tree.package(root), root.parent)

    def _add_named(self, text: str, base: Path, top: Path) -> None:
        """Add what a text names in a folder: a module, a file, or a folder."""
        module = references.module_of(text)
        if module and base == top and _is_module(top, module, is_path="." in text):
            self._waiting.append(module)
        parts = PurePath(text).parts
        if not parts or ".." in parts or PurePath(text).is_absolute():
            return
        path = base / text
        if path.is_file():
            self._add(source_tree.package(path), top)
            return
        folder = next((each for each in _folders(path, base) if each.is_dir()), None)
        if folder and folder not in self._bases:
            self._bases[folder] = top
            self._add(source_tree.named(folder), top)

    def _add(self, tree: Tree, top: Path) -> None:
        self.folders.update(tree.folders)
        for file in tree.files:
            if self.files.setdefault(file.relative_to(top).as_posix(), file) is file:
                self._read(file)

    def _read(self, file: Path) -> None:
        if file.suffix == ".py":
            found = references.read(file)
            self._waiting += found.modules
            self._texts |= found.texts


def _is_module(folder: Path, name: str, *, is_path: bool) -> bool:
    """Whether a folder holds a module; of `models.net`, a folder alone is one."""
    package = folder / name
    init = package if is_path else package / "__init__.py"
    return init.exists() or package.with_suffix(".py").is_file()


def _folders(path: Path, base: Path) -> list[Path]:
    """A path in a folder and those above it in there, as far as none is hidden."""
    found = [each for each in (path, *path.parents) if each.is_relative_to(base) and each != base]
    return [] if any(each.name.startswith(".") for each in found) else found
