"""Where artifacts lie: one folder for each content of what goes into a bake.

This knows a bake's result without running one, so it imports neither torch nor torchvision.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from passerelle.artifact import card, weight_sources
from passerelle.manifest.model import FILE_FIELDS, Recipe

ROOT = Path(__file__).parents[2]
RECIPE = (
    "services/bake/architecture.py",
    "services/bake/class_names.py",
    "services/bake/pipeline.py",
    "services/bake/calibration.py",
    "services/bake/convert.py",
    "services/model/decode.py",
    "services/bake/quantization.py",
    "services/bake/verification.py",
    "services/model/resize.py",
    "services/bake/weights.py",
)
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
    """SHA-256 over the recipe, its weights and labels, its code, and the versions of the tools."""
    parts = {
        "fields": recipe.model_dump(mode="json", include=set(Recipe.model_fields) - FILE_FIELDS),
        "weights": weight_sources.fingerprint(recipe),
        "labels": weight_sources.file_digest(recipe.labels) or recipe.labels,
        "calibration": folder_digest(recipe.calibration),
        "architecture": source_digest(recipe.architecture.partition(":")[0]),
        "code": [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in RECIPE],
        "tools": [importlib.metadata.version(name) for name in TOOLS],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def folder_digest(path: str | None) -> str | None:
    """SHA-256 over the files of a folder, in the order of their names."""
    if path is None:
        return None
    hashes = hashlib.sha256()
    for file in sorted(each for each in Path(path).rglob("*") if each.is_file()):
        with file.open("rb") as stream:
            hashes.update(hashlib.file_digest(stream, "sha256").digest())
    return hashes.hexdigest()


def source_digest(module: str) -> str:
    """What code a module is: a distribution's version, or the SHA-256 of one's own files."""
    top = module.partition(".")[0]
    distributions = importlib.metadata.packages_distributions().get(top)
    if distributions:
        return f"{distributions[0]} {importlib.metadata.version(distributions[0])}"
    spec = importlib.util.find_spec(top)
    origin = Path(spec.origin if spec and spec.origin else "")
    if not origin.is_file():
        return "not a file"
    files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
