"""All that the modules of a recipe are made of beside what is installed, found without running it.

A stale artifact must never be served, so rather too much is found than too little:

- the module, or its whole package with all data in it,
- what these import beside the manifest, however far: at the top, in a function, by its name in a
  text (`import_module("layers")`), in a package without `__init__.py`, in an editable installation,
- what a text in code that is imported names beside the manifest: `config.json`, `weights/net.pth`,
  or a whole folder such as the `configs` of f"configs/{size}.yaml",
- what the recipe's arguments name there.

What code finds by a name that it computes is seen only as a bake opens it: `opened_files`.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path, PurePath

from pydantic import JsonValue

from passerelle.artifact import references, source_tree, user_modules
from passerelle.artifact.source_tree import Tree
from passerelle.artifact.user_modules import ModuleError
from passerelle.manifest.model import ONNX, Recipe


@dataclasses.dataclass(frozen=True)
class Closure:
    """What was found."""

    files: dict[str, Path]  # by their path relative to the folder in which modules are looked for
    folders: frozenset[Path]  # in which a new file may belong to it
    installed: frozenset[str]  # top-level names of modules that are none of the user's


def of(recipe: Recipe) -> Closure:
    """The closure of what a recipe names in modules.

    A folder or a source that can't be read counts as empty: a bake can't read it either.
    """
    search = _Search(recipe)
    search.run()
    return Closure(search.files, frozenset(search.folders), frozenset(search.installed))


def of_handler(recipe: Recipe) -> Closure:
    """The closure of a recipe's handler alone: what serving needs of the user's modules."""
    alone = {"architecture": ONNX, "arguments": [], "keywords": {}}  # no module of which is named
    return of(recipe.model_copy(update=alone))


def refuse_foreign_imports(recipe: Recipe) -> None:
    """Return only if a recipe's handler imports nothing that only a bake has.

    Raises:
        ModuleError: names it.
    """
    if not recipe.handler:
        return
    engine = {"torch"} if recipe.engine == "torch" else set()
    lacking = of_handler(recipe).installed & set(user_modules.BAKE_ALONE) - engine
    if lacking:
        raise ModuleError(
            f"{recipe.handler} imports {', '.join(sorted(lacking))}, which no serving process has; "
            "move what needs it to a module that the handler doesn't import."
        )


class _Search:
    """A search under way. Each source is read once, each text looked for once in each folder."""

    def __init__(self, recipe: Recipe) -> None:
        self._module_folders = recipe.module_folders
        self.files: dict[str, Path] = {}
        self.folders: set[Path] = set()
        self.installed: set[str] = set()
        self._waiting = [*map(user_modules.module_of, user_modules.named(recipe))]  # dotted names
        self._modules: set[str] = set()  # that were
        self._roots: dict[str, list[Path]] = {}  # of top-level modules
        self._sources: dict[Path, tuple[str, Path | None]] = {}  # that were read, or will be
        self._unread: list[Path] = []
        self._texts: dict[str, set[str]] = {}  # by what they begin with
        self._bases: dict[Path, _Base] = {}  # folders in which texts may name something
        for text in _texts([recipe.arguments, recipe.keywords]):
            self._add_text(text)

    def run(self) -> None:
        """Search until nothing more is found."""
        while self._waiting or self._unread:
            if self._unread:
                self._follow(self._unread.pop())
            elif (name := self._waiting.pop()) not in self._modules:
                self._modules.add(name)
                self._add_module(name)

    def _add_module(self, name: str) -> None:
        """Read a module, and the packages that it is in."""
        top, *rest = name.split(".")
        for root in self._top_level(top):
            self._read(_source(root), top, root)
            path, dotted = root, top
            for part in rest:
                path, dotted = path / part, f"{dotted}.{part}"
                self._read(_source(path), dotted, root)

    def _top_level(self, name: str) -> list[Path]:
        """The roots of a top-level module; when they are first found, all in them is added."""
        if name in self._roots:
            return self._roots[name]
        roots = self._roots[name] = user_modules.roots(name, self._module_folders)
        if not roots:
            self.installed.add(name)
        for root in roots:
            for top in (root.parent, *map(Path, self._module_folders)):
                self._add_base(top, top)
            self._add(source_tree.package(root), root.parent)
        return roots

    def _read(self, source: Path, name: str, root: Path | None = None) -> None:
        """Read a source soon. `root` is that of its top-level package."""
        if source not in self._sources and source.suffix == ".py" and source.is_file():
            self._sources[source] = name, root
            self._unread.append(source)

    def _follow(self, source: Path) -> None:
        """Look for what a source refers to."""
        name, root = self._sources[source]
        found = references.read(source)
        is_package = source.name == "__init__.py"
        self._waiting += found.modules(name if is_package else name.rpartition(".")[0])
        for text in found.texts:
            self._add_text(text)
        if found.is_dynamic and root and root.is_dir():
            self._read_all(root)

    def _read_all(self, root: Path) -> None:
        """Read any source of a package: which of them are imported isn't known."""
        for file in source_tree.package(root).code:
            parts = file.relative_to(root.parent).with_suffix("").parts
            self._read(file, ".".join(parts[:-1] if parts[-1] == "__init__" else parts))

    def _add(self, tree: Tree, top: Path) -> None:
        self.folders.update(tree.folders)
        for file in tree.files:
            self.files.setdefault(file.relative_to(top).as_posix(), file)

    def _add_base(self, folder: Path, top: Path) -> None:
        if folder in self._bases:
            return
        base = self._bases[folder] = _Base(folder, top)
        for beginning in base.names & self._texts.keys():
            for text in tuple(self._texts[beginning]):
                self._add_named(text, base)

    def _add_text(self, text: str) -> None:
        beginnings = _beginnings(text)
        if all(text in self._texts.get(each, ()) for each in beginnings):
            return
        for each in beginnings:
            self._texts.setdefault(each, set()).add(text)
        for base in tuple(self._bases.values()):
            if beginnings & base.names:
                self._add_named(text, base)

    def _add_named(self, text: str, base: "_Base") -> None:
        """Add what a text names in a folder: a module, a file, or a folder."""
        module = references.module_of(text)
        if module and base.folder == base.top and _is_module(base.top, text):
            self._waiting.append(module)
            for root in self._top_level(module.partition(".")[0]):
                self._read_all(root)
        path = base.folder / text
        if not _is_path(text):
            return
        if path.is_file():
            self._add(source_tree.package(path), base.top)
            self._read(path, path.stem)
            return
        folder = next((each for each in _folders(path, base.folder) if each.is_dir()), None)
        if folder and folder not in self._bases:
            tree = source_tree.named(folder)
            self._add(tree, base.top)
            if tree.files:
                self._add_base(folder, base.top)
            for file in tree.code:
                self._read(file, file.stem)


class _Base:
    """A folder in which texts may name something, and what its files' paths are relative to."""

    def __init__(self, folder: Path, top: Path) -> None:
        self.folder, self.top = folder, top
        entries = [entry.name for entry in source_tree.entries(folder)]
        self.names = {*entries, *(entry.partition(".")[0] for entry in entries)}


def _texts(value: JsonValue) -> Iterator[str]:
    """The texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _source(path: Path) -> Path:
    """The source of a module whose file or folder is there, or whose path has no suffix yet."""
    if path.suffix == ".py":
        return path
    init = path / "__init__.py"
    return init if init.is_file() else path.with_name(f"{path.name}.py")


def _beginnings(text: str) -> set[str]:
    """What a folder must hold for a text to name something in it: one of these."""
    module = references.module_of(text)
    found = {module.partition(".")[0]} if module else set()
    return found | ({PurePath(text).parts[0]} if _is_path(text) else set())


def _is_path(text: str) -> bool:
    """Whether a text may be a path in a folder, not out of it."""
    path = PurePath(text)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _is_module(folder: Path, text: str) -> bool:
    """Whether a folder holds a module; of `models.net`, a folder alone is one."""
    top, dot, _ = text.partition(":")[0].partition(".")
    package = folder / top
    init = package if dot else package / "__init__.py"
    return init.exists() or package.with_suffix(".py").is_file()


def _folders(path: Path, base: Path) -> list[Path]:
    """A path in a folder and those above it in there, as far as none is hidden."""
    found = [each for each in (path, *path.parents) if each.is_relative_to(base) and each != base]
    return [] if any(each.name.startswith(".") for each in found) else found
