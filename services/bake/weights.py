"""Loading weights. Each kind of source that is a file is one line of the table FILES."""

import urllib.parse
from collections.abc import Callable
from pathlib import Path

import torch

from passerelle.artifact import weight_sources
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe
from services.bake import checkpoint
from services.bake.checkpoint import Checkpoint


def load(recipe: Recipe, downloads: Path) -> Checkpoint | None:
    """The checkpoint of a recipe; None where the architecture brings its weights, or has none.

    Raises:
        WeightsError
    """
    path = file(recipe, downloads)
    return checkpoint.read(path) if path else None


def file(recipe: Recipe, downloads: Path) -> Path | None:
    """The file of a recipe's weights, downloaded; None where they are in none.

    Raises:
        WeightsError
    """
    source = recipe.weights
    find = FILES.get(weight_sources.kind(source))
    try:
        return find(source, recipe.sha256, downloads) if find else None
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(
            f"{recipe.id}: weights from {source} can't be had ({error}). "
            "Mirror them and point weights at the copy, with https: or file:."
        ) from error


def from_file(source: str, sha256: str | None, downloads: Path) -> Path:  # noqa: ARG001  # as in FILES
    """The file of a `file:` or `package:` source."""
    path = weight_sources.local_file(source)
    if path is None:
        raise WeightsError(f"{source} names no file.")
    digest = weight_sources.file_digest(source)
    if sha256 and digest != sha256:
        raise WeightsError(f"{path} has the SHA-256 {digest}, not {sha256} as the manifest says.")
    return path


def from_https(source: str, sha256: str | None, downloads: Path) -> Path:
    """Download a file, unless it was downloaded before, and check its whole SHA-256."""
    path = downloads / f"{sha256}{Path(urllib.parse.urlsplit(source).path).suffix}"
    if not path.exists():
        downloads.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(source, str(path), hash_prefix=sha256)
    return path


# Of the others nothing is loaded here: torchvision and the architecture load their own, and
# `random` stays as made.
FILES: dict[str, Callable[[str, str | None, Path], Path]] = {
    "file": from_file,
    "https": from_https,
    "package": from_file,
}
