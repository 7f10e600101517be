"""Gathers what one service's bakes depend on, and nothing else, into a folder.

    python -m passerelle.deploy.build_context MANIFEST SERVICE FOLDER

An image's build bakes from that folder: as long as it holds the same, the bake is kept.

    recipes/ID.json     what goes into the bake of each model of the service
    files/              its checkpoint, its labels, its calibration pictures
    source/             the modules that bake, and the recipe's own
    requirements.txt    what those need beside: the file beside the manifest, or an empty one
"""

import ast
import shutil
import sys
from pathlib import Path
from typing import Any

from passerelle.manifest import reading
from passerelle.manifest.model import FILE_FIELDS, Model

ROOT = Path(__file__).parents[2]
BAKE = "services.bake.pipeline"


class GatherError(Exception):
    """What can't be gathered; the text says what to do."""


def gather(path: Path, service: str, folder: Path) -> None:
    """Fill `folder` with what the bakes of a service depend on.

    Raises:
        reading.ManifestError, GatherError
    """
    models = [model for model in reading.read(path) if model.service == service]
    if not models:
        raise GatherError(f"{path} has no service {service!r}; set the build argument SERVICE.")
    for part in ("recipes", "files", "source"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "services/bake/pictures", folder / "source/services/bake/pictures")
    for module in closure(BAKE, ROOT):
        copy(module, ROOT, folder / "source")
    for model in models:
        copies = {
            name: moved(getattr(model, name), path.parent.resolve(), folder) for name in FILE_FIELDS
        }
        recipe = model.recipe.model_copy(update=copies)
        write(folder / "recipes" / f"{model.id}.json", recipe.model_dump_json(indent=2))
        own_module(model, folder)
    beside = path.parent / "requirements.txt"
    write(folder / "requirements.txt", beside.read_text() if beside.is_file() else "")


def moved(value: Any, base: Path, folder: Path) -> Any:
    """A field's value, its file or folder copied to where the bake will find it.

    Raises:
        GatherError: there is none, or it isn't beside the manifest, so that no build has it.
    """
    prefix = "file:" if isinstance(value, str) and value.startswith("file:") else ""
    if not isinstance(value, str) or not (prefix or value.startswith("/")):
        return value
    origin = Path(value.removeprefix("file:"))
    if not origin.is_relative_to(base):
        raise GatherError(f"{origin} is outside {base}; put it beside the manifest.")
    target = folder / "files" / origin.relative_to(base)
    if origin.is_dir():
        shutil.copytree(origin, target, dirs_exist_ok=True)
    elif origin.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, target)
    else:
        raise GatherError(f"{origin} is not there; write another path, or see .dockerignore.")
    return f"{prefix}{target}"


def own_module(model: Model, folder: Path) -> None:
    """Copy the top-level package of an entry's architecture, where it lies in the repository."""
    top = model.architecture.partition(":")[0].partition(".")[0]
    for module in [*(ROOT / top).rglob("*.py"), ROOT / f"{top}.py"]:
        if module.is_file():
            for each in [module, *closure(dotted(module), ROOT)]:
                copy(each, ROOT, folder / "source")


def closure(module: str, root: Path) -> set[Path]:
    """The file of a module, and of all modules under `root` that it imports, however far."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        for file in files(name, root) - found:
            found.add(file)
            waiting += imports(file, root)
    return found


def files(name: str, root: Path) -> set[Path]:
    """The files that `import name` runs: the module's, and those of the packages around it."""
    parts = name.split(".")
    places = [root.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    around = {place / "__init__.py" for place in places}
    return {file for file in around | {places[-1].with_suffix(".py")} if file.is_file()}


def imports(file: Path, root: Path) -> list[str]:
    """The names that a file imports; `from a import b` may mean the module a.b."""
    package = dotted(file.parent / "__init__.py", root).split(".")
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return names


def dotted(file: Path, root: Path = ROOT) -> str:
    """A file's module by name."""
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def copy(file: Path, root: Path, folder: Path) -> None:
    """Copy a file to the same place under another root."""
    target = folder / file.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def write(file: Path, text: str) -> None:
    """Write a text file."""
    file.write_text(text, encoding="utf-8")


def main() -> None:
    """Gather as the arguments say."""
    path, service, folder = sys.argv[1:]
    try:
        gather(Path(path), service, Path(folder))
    except (reading.ManifestError, GatherError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
