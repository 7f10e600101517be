"""Where artifacts lie: one folder for each content of what goes into a bake.

This knows a bake's folder without running one, so it imports neither torch nor torchvision.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from passerelle.artifact import card, import_closure, user_modules, weight_sources
from passerelle.manifest.model import FILE_FIELDS, Recipe

BAKE = "services.bake.pipeline"  # what it imports decides what comes out
TOOLS = ("nncf", "openvino", "torch", "torchvision")


def folder(store: Path, recipe: Recipe) -> Path:
    """The folder that the bake of a recipe fills: its id and the digest of what goes in.

    Raises:
        WeightsError: the weights' file or package isn't there.
    """
    return store / f"{recipe.id}-{digest(recipe)[:12]}"


def baked(path: Path) -> bool:
    """Whether the folder is there. It appears whole or not at all."""
    return (path / card.FILE).is_file()


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` at once when the block ends without an error.

    If another bake was quicker, its folder stays and this one is dropped.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".baking-", dir=target.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if not baked(target):
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def digest(recipe: Recipe) -> str:
    """SHA-256 over the recipe, the content of its files, the code that bakes, and the tools.

    Raises:
        WeightsError: the weights' or labels' file or package isn't there.
    """
    fields = set(Recipe.model_fields) - FILE_FIELDS
    parts = {
        "fields": recipe.model_dump(mode="json", include=fields),
        "weights": weight_sources.fingerprint(recipe),
        "labels": weight_sources.file_digest(recipe.labels) or recipe.labels,
        "calibration": folder_digest(recipe.calibration),
        "modules": digests(user_modules.files(recipe)) or installed_version(recipe),
        "code": digests(import_closure.files(BAKE)),
        "tools": [importlib.metadata.version(name) for name in TOOLS],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def folder_digest(path: str | None) -> str | None:
    """SHA-256 over the files of a folder, in the order of their names."""
    if path is None:
        return None
    hashes = hashlib.sha256()
    for file in sorted(each for each in Path(path).rglob("*") if each.is_file()):
        hashes.update(bytes.fromhex(file_digest(file)))
    return hashes.hexdigest()


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file."""
    return {name: file_digest(file) for name, file in files.items()}


def file_digest(file: Path) -> str:
    """A file's SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def installed_version(recipe: Recipe) -> str:
    """The name and version of the distribution that an architecture comes from, if it has one."""
    names = importlib.metadata.packages_distributions().get(user_modules.top_level(recipe))
    return f"{names[0]} {importlib.metadata.version(names[0])}" if names else ""
