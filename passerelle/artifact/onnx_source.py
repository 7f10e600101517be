"""A recipe whose architecture is an ONNX file: which files it is made of, and whether they will do.

Weights may lie in other files beside it, which it names.
"""

from pathlib import Path, PurePosixPath

from passerelle.artifact import onnx_file, onnx_input, weight_sources
from passerelle.artifact.onnx_file import OnnxError
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import ONNX, Recipe

QUANTIZED = ("QuantizeLinear", "DynamicQuantizeLinear")  # operations of a file that has integers


def file(recipe: Recipe) -> Path | None:
    """The ONNX file, where a recipe names one that needn't be downloaded.

    Raises:
        WeightsError: it isn't there.
    """
    return weight_sources.local_file(recipe.weights) if recipe.architecture == ONNX else None


def external(recipe: Recipe) -> dict[str, Path]:
    """The files beside it that hold its weights, by their names in it, where there are some."""
    try:
        found = file(recipe)
        names = onnx_file.read(found).external if found else ()
    except (OnnxError, WeightsError, OSError):  # which `require` tells
        return {}
    return {name: found.parent / name for name in names} if found else {}


def require(recipe: Recipe) -> None:
    """Return only if a recipe's ONNX file can be baked, as far as the file tells.

    Raises:
        OnnxError, WeightsError
    """
    if not (found := file(recipe)):
        return
    require_whole(recipe, found)
    if recipe.handler:  # which may prepare what the file takes
        return
    try:
        onnx_input.completed(recipe.input, onnx_input.of(onnx_file.read(found)))
    except OnnxError as error:
        raise OnnxError(f"{found.name} {error}") from error


def require_whole(recipe: Recipe, path: Path) -> None:
    """Return only if an ONNX file can be read, with all of its weights.

    Raises:
        OnnxError
    """
    try:
        read = onnx_file.read(path)
    except OSError as error:
        raise OnnxError(f"{path} can't be read: {error.strerror}.") from error
    require_external(path, read.external)
    if recipe.precision == "int8" and any(each.operator in QUANTIZED for each in read.nodes):
        raise OnnxError(f"{path.name} is quantized already; write precision: fp32.")


def require_external(path: Path, names: tuple[str, ...]) -> None:
    """Return only if the files that hold an ONNX file's weights lie beside it.

    Raises:
        OnnxError
    """
    for name in names:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            raise OnnxError(f"{path.name} has weights in {name}, which isn't beside it.")
        if not (path.parent / name).is_file():
            raise OnnxError(f"{path.name} has weights in {name}; put that file beside it.")
