"""Gathers what one service's bakes depend on, and nothing else, into a folder.

    python -m passerelle.deploy.build_context MANIFEST SERVICE FOLDER

An image's build bakes from that folder: as long as it holds the same, the bake is kept.

    recipes/ID.json     what goes into the bake of each model of the service
    files/              its checkpoint, its labels, its calibration pictures
    source/             the modules of ours that bake
    modules/            the user's own modules that its architecture needs
    requirements.txt    what those need beside: the file beside the manifest, or an empty one
    handler-requirements.txt    the same, of what its handlers need where they are served
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from passerelle.artifact import import_closure, module_closure, onnx_source, user_modules
from passerelle.manifest import reading
from passerelle.manifest.model import Model, Recipe

BAKE = "services.bake.__main__"
REQUIREMENTS, HANDLER_REQUIREMENTS = "requirements.txt", "handler-requirements.txt"
PARTS = ("recipes", "files", "source", "modules")


class BuildContextError(Exception):
    """What can't be gathered; the text says what to do."""


def gather(path: Path, service: str, folder: Path) -> None:
    """Fill `folder` with what the bakes of a service depend on.

    Raises:
        reading.ManifestError, user_modules.ModuleError, BuildContextError
    """
    models = [model for model in reading.read(path) if model.service == service]
    if not models:
        message = f"{path} has no service {service!r}; set the build argument SERVICE."
        raise BuildContextError(message)
    for part in PARTS:
        (folder / part).mkdir(parents=True, exist_ok=True)
    copy_all(import_closure.files(BAKE), folder / "source")
    for model in models:
        recipe = gather_recipe(model, path.parent.resolve(), folder)
        write(folder / "recipes" / f"{model.id}.json", recipe.model_dump_json(indent=2))
    has_handler = any(model.handler for model in models)
    for name, is_needed in ((REQUIREMENTS, True), (HANDLER_REQUIREMENTS, has_handler)):
        file = path.parent / name
        is_there = is_needed and file.is_file()
        write(folder / name, file.read_text(encoding="utf-8") if is_there else "")


def gather_recipe(model: Model, base: Path, folder: Path) -> Recipe:
    """A model's recipe, whose files and modules were copied to `folder`. `base` is the manifest's.

    Raises:
        user_modules.ModuleError, BuildContextError
    """
    user_modules.refuse_conflicts(model)
    module_closure.refuse_foreign_imports(model)
    copy_all(module_closure.of(model).files, folder / "modules")
    for file in onnx_source.external(model).values() if model.weights.startswith("file:") else ():
        copy(file, base, folder)
    labels, calibration = model.labels, model.calibration
    copied = {
        "weights": copy_source(model.weights, base, folder),
        "labels": copy_source(labels, base, folder) if isinstance(labels, str) else labels,
        "calibration": str(copy(Path(calibration), base, folder)) if calibration else None,
        "module_folders": (str(folder / "modules"),),
    }
    return model.recipe.model_copy(update=copied)


def copy_source(source: str, base: Path, folder: Path) -> str:
    """A source whose file was copied, where it is a `file:`; any other as it is."""
    if not source.startswith("file:"):
        return source
    return f"file:{copy(Path(source.removeprefix('file:')), base, folder)}"


def copy(origin: Path, base: Path, folder: Path) -> Path:
    """Copy a file or a folder that lies in `base` to the files of `folder`. Gives where it is.

    Raises:
        BuildContextError: it isn't there, or outside of `base`, so that no build has it.
    """
    if not origin.is_relative_to(base):
        raise BuildContextError(f"{origin} is outside {base}; put it beside the manifest.")
    target = folder / "files" / origin.relative_to(base)
    if origin.is_dir():
        shutil.copytree(origin, target, dirs_exist_ok=True)
    elif origin.is_file():
        copy_all({target.name: origin}, target.parent)
    else:
        message = f"{origin} is not there; write another path, or see .dockerignore."
        raise BuildContextError(message)
    return target


def copy_all(files: Mapping[str, Path], folder: Path) -> None:
    """Copy files to their paths in a folder."""
    for path, file in files.items():
        target = folder / path
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
    except (reading.ManifestError, user_modules.ModuleError, BuildContextError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
