"""A recipe whose architecture is an ONNX file -> its graph, its input, and its classes' names."""

import ast
from pathlib import Path

from passerelle.artifact import onnx_file, onnx_input, onnx_source
from passerelle.artifact.onnx_file import OnnxError, OnnxFile
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest import names
from passerelle.manifest.model import Recipe
from services.bake import input_shape, onnx_graph, weights
from services.bake.architecture import Architecture
from services.bake.errors import ArchitectureError
from services.model import tensors

NAMES = "names"  # the entry of a file's metadata in which Ultralytics writes the classes' names


def build(recipe: Recipe, downloads: Path, *, prepares: bool = False) -> Architecture:
    """The file of a recipe as an architecture. A handler may prepare what it takes.

    Raises:
        ArchitectureError: it is no ONNX file, or takes something else than the recipe says.
        ForwardError: it can't be loaded.
        WeightsError
    """
    path = weights.file(recipe, downloads)
    if path is None:
        raise WeightsError(f"{recipe.id}: {recipe.weights} names no ONNX file.")
    task = recipe.task or input_shape.DEFAULT_TASK
    try:
        onnx_source.require_whole(recipe, path)
    except OnnxError as error:
        raise ArchitectureError(f"{recipe.id}: {error}") from error
    try:
        file = onnx_file.read(path)
        picture = None if prepares else onnx_input.of(file)
        given = onnx_input.completed(recipe.input, picture) if picture else None
    except OnnxError as error:
        raise ArchitectureError(f"{recipe.id}: {path.name} {error}") from error
    shape = input_shape.of(recipe, input_shape.complete(given, task=task), prepares=prepares)
    return Architecture(
        input=shape,
        labels=class_names(file),
        task=task,
        made_in=tensors.DATATYPES[file.inputs[0].datatype].__name__,
        graph=onnx_graph.OnnxGraph(recipe.id, path, file, picture, shape),
    )


def class_names(file: OnnxFile) -> list[str] | None:
    """The names of the classes that a file's metadata has, in their order; None without.

    Ultralytics writes them as Python writes a dict: {0: 'person', 1: 'bicycle'}.
    """
    try:
        found = ast.literal_eval(file.metadata.get(NAMES, ""))
        listed = [found[number] for number in range(len(found))]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        return None
    are_names = all(isinstance(each, str) and not names.mistake(each) for each in listed)
    return listed if listed and are_names else None
