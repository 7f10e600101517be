"""The user's own modules: what names such as `mypackage.nets:MyNet` in a recipe are made of.

They are looked for in a recipe's `module_folders`: the manifest's folder, then the current one. A
bake sees them before installed packages. Nothing here imports them. What else they are made of is
found by `module_closure`.
"""

import importlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from passerelle.manifest.model import ONNX, Recipe

ROOT = Path(__file__).parents[2]
OUR_PACKAGES = ("gateway", "passerelle", "services")
TORCHVISION = "torchvision"
BAKE_ALONE = ("nncf", "onnxruntime", "torch", "torchvision")  # which no serving process has


class ModuleError(Exception):
    """A module that would not be found, or mixed up with another; the text says what to do."""


def search_path(recipe: Recipe) -> list[str]:
    """The folders to put before sys.path for a bake; none where its modules are installed."""
    found = [root for top in top_levels(recipe) for root in roots(top, recipe.module_folders)]
    is_beside = any(str(root.parent) in recipe.module_folders for root in found)
    return list(recipe.module_folders) if is_beside else []


def named(recipe: Recipe) -> tuple[str, ...]:
    """What a recipe names in modules, such as `mypackage.nets:MyNet`."""
    own = () if recipe.architecture == ONNX else (recipe.architecture,)
    return (*own, recipe.handler) if recipe.handler else own


def module_of(name: str) -> str:
    """`mypackage.nets` of `mypackage.nets:MyNet`."""
    return name.partition(":")[0]


def top_levels(recipe: Recipe) -> tuple[str, ...]:
    """`mypackage` of `mypackage.nets:MyNet`, of all that a recipe names, each once."""
    return tuple(dict.fromkeys(module_of(name).partition(".")[0] for name in named(recipe)))


def refuse_conflicts(recipe: Recipe) -> None:
    """Return only if no module of the user's is named like one of ours, or of Python's.

    Raises:
        ModuleError
    """
    for name in named(recipe):
        top = module_of(name).partition(".")[0]
        if top in OUR_PACKAGES:
            raise ModuleError(f"{name}: {top} is a package of Passerelle's; rename yours.")
        if top in sys.stdlib_module_names:
            raise ModuleError(f"{name}: {top} is a module of Python's own; rename yours.")
    for path in _named_like(OUR_PACKAGES, recipe.module_folders):
        if not _is_ours(path):
            raise ModuleError(f"{path} is named like a package of Passerelle's; rename it.")
    for path in _named_like(sys.stdlib_module_names, search_path(recipe)):
        raise ModuleError(f"{path} is named like a module of Python's own; rename it.")


def require(recipe: Recipe) -> None:
    """Return only if the modules that a recipe names are there.

    Raises:
        ModuleError: names the part that is missing.
    """
    for name in named(recipe):
        _require(name, recipe.module_folders)


def _require(name: str, module_folders: Sequence[str]) -> None:
    parts = module_of(name).split(".")
    if parts[0] == TORCHVISION:
        return
    spec = _spec(parts[0], module_folders)
    for length, part in enumerate(parts[1:], 1):
        locations = list(spec.submodule_search_locations or ()) if spec else []
        spec = PathFinder.find_spec(".".join(parts[: length + 1]), locations) if locations else None
        if spec is None and locations:
            package = ".".join(parts[:length])
            raise ModuleError(f"{name}: {package} has no module {part!r}.")
    if spec is None:
        folders = " or ".join(dict.fromkeys(module_folders))
        raise ModuleError(
            f"{name}: there is no module {'.'.join(parts)}; "
            f"put it into {folders}, or see that its package is installed."
        )


def _spec(name: str, folders: Sequence[str]) -> ModuleSpec | None:
    """How Python finds a top-level module with `folders` before sys.path."""
    importlib.invalidate_caches()
    spec = PathFinder.find_spec(name, [*folders, *sys.path])
    if spec is None:
        try:
            spec = importlib.util.find_spec(
                name
            )  # by another finder, such as an editable install's
        except (ImportError, ValueError):
            return None
    return spec


def roots(name: str, folders: Sequence[str]) -> list[Path]:
    """The file or the folders of a top-level module of the user's; none where it is installed.

    It lies in `folders`, or elsewhere where Python finds it, such as an installation in editable
    mode. A package without `__init__.py` may have several.
    """
    if name in {"__main__", *OUR_PACKAGES} or name in sys.stdlib_module_names:
        return []
    spec = _spec(name, folders)
    if spec is None:
        return []
    found = [Path(each) for each in spec.submodule_search_locations or (spec.origin or "",)]
    return [root for root in found if root.is_absolute() and not _is_installed(root, folders)]


def _is_installed(root: Path, folders: Sequence[str]) -> bool:
    """Whether a module lies where pip or Python puts them."""
    if str(root.parent) in folders:
        return False
    own = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    in_packages = {"site-packages", "dist-packages"} & set(root.parts)
    return bool(in_packages) or any(root.is_relative_to(folder) for folder in own)


def _named_like(names: Sequence[str] | frozenset[str], folders: Sequence[str]) -> Iterator[Path]:
    """The modules and packages right in `folders` that have one of these names."""
    for folder in folders:
        for path in sorted(Path(folder).glob("*")):
            is_module = path.suffix == ".py" or (path / "__init__.py").is_file()
            if is_module and path.name.removesuffix(".py") in names:
                yield path


def _is_ours(path: Path) -> bool:
    """Whether a package is the one that runs, or its source."""
    ours, other = ROOT / path.name / "__init__.py", path / "__init__.py"
    return other.is_file() and ours.read_bytes() == other.read_bytes()
