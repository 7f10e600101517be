"""The artifact that a benchmark serves, baked first where it is missing."""

from pathlib import Path

from passerelle.local import baking
from passerelle.manifest import reading
from passerelle.manifest.model import Model

MANIFEST = Path("models.yaml")
FOLDER = Path(".passerelle/artifacts")


def baked(model_id: str, file: Path = MANIFEST) -> tuple[Model, Path]:
    """A model of a manifest, and the folder of its artifact."""
    try:
        by_id = {model.id: model for model in reading.read(file)}
    except reading.ManifestError as error:
        raise SystemExit(str(error)) from None
    if model_id not in by_id:
        raise SystemExit(f"{file} has no {model_id}; it has: {', '.join(by_id)}.")
    result = baking.bake(by_id[model_id], FOLDER, lambda *_: None)
    if result.folder is None:
        raise SystemExit(f"{model_id} was not baked: {result.error}")
    return result.model, result.folder
