"""Where artifacts lie: one folder for each content of what goes into a bake.

This knows a bake's folder without running one, so it imports neither torch nor torchvision.
"""

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from passerelle.artifact import (
    card,
    content,
    import_closure,
    installed_packages,
    module_closure,
    onnx_source,
    opened_files,
    weight_sources,
)
from passerelle.manifest.model import FILE_FIELDS, Recipe

BAKE = "services.bake.pipeline"  # what it imports decides what comes out
TOOLS = ("nncf", "openvino", "torch", "torchvision")


def folder(store: Path, recipe: Recipe) -> Path:
    """The folder that the bake of a recipe fills: its id and the digest of what goes in.

    Where a bake is there that opened other files, or the same with another content, a number is
    added.

    Raises:
        WeightsError: the weights' file or package isn't there.
    """
    name = f"{recipe.id}-{digest(recipe)[:12]}"
    names = (f"{name}-{number}" if number > 1 else name for number in itertools.count(1))
    folders = (store / each for each in names)
    return next(each for each in folders if not baked(each) or opened_files.unchanged(each, recipe))


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


def digest(recipe: Recipe, opened: Mapping[str, str] | None = None) -> str:
    """SHA-256 over the recipe, the content of its files, the code that bakes, and the tools.

    And over what its bake `opened` beside these, where it is known and there is anything.

    Raises:
        WeightsError: the weights' or labels' file or package isn't there.
    """
    fields = set(Recipe.model_fields) - FILE_FIELDS
    closure = module_closure.of(recipe)
    external = digests(onnx_source.external(recipe))
    parts = {
        "fields": recipe.model_dump(mode="json", include=fields),
        "weights": weight_sources.fingerprint(recipe),
        "labels": weight_sources.file_digest(recipe.labels) or recipe.labels,
        "calibration": folder_digest(recipe.calibration),
        "modules": digests(closure.files),
        "packages": installed_packages.fingerprints(closure.installed),
        "code": digests(import_closure.files(BAKE)),
        "tools": [importlib.metadata.version(name) for name in TOOLS],
        **({"external": external} if external else {}),
        **({"opened": opened} if opened else {}),
    }
    # A keyword of an architecture may be infinite, and nobody reads this as JSON.
    text = json.dumps(parts, sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def folder_digest(path: str | None) -> str | None:
    """SHA-256 over the files of a folder, in the order of their names."""
    if path is None:
        return None
    hashes = hashlib.sha256()
    for file in sorted(each for each in Path(path).rglob("*") if each.is_file()):
        hashes.update(bytes.fromhex(content.digests.of_readable(file)))
    return hashes.hexdigest()


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file; empty for one that can't be read, which no bake can either."""
    return {name: content.digests.of_readable(file) for name, file in files.items()}
