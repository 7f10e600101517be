"""The network itself, run on real pictures, before any engine is made of it."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from passerelle.artifact.card import Signature
from passerelle.manifest.model import Recipe
from services.bake import calibration, torch_graph
from services.bake.architecture import Architecture
from services.bake.errors import ForwardError, OutputError
from services.bake.graph import TOLERANCE, Graph
from services.model import tasks, tensors
from services.model.decode import Prepared
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import Array, Tensors


@dataclasses.dataclass(frozen=True)
class Forward:
    """A network, and what it gives for `calibration.PICTURES`, in their order."""

    graph: Graph
    task: str
    chosen: dict[str, str]  # the outputs that count: {the task's name: the network's own}
    pictures: list[Prepared]
    outputs: Sequence[Tensors]  # by the task's names

    @property
    def inputs(self) -> list[Tensors]:
        """What the network takes, of each picture."""
        return [inputs(each) for each in self.pictures]

    @property
    def signature(self) -> Signature:
        """What its engine takes and gives; a side is variable where it is another for a picture."""
        first, last = self.outputs[0], self.outputs[-1]
        return Signature(tensors.specs(self.inputs[0]), tensors.specs(first, last))

    @property
    def classes(self) -> int | None:
        """How many classes it has: 0 where its task has none, None where its outputs don't tell."""
        return tasks.TASKS[self.task].classes(self.outputs[0])

    @property
    def output(self) -> str | None:
        """The name of the one output that counts; None where the network gives no other."""
        names = list(self.chosen.values())
        return names[0] if len(names) == 1 and names[0] else None


def run(recipe: Recipe, built: Architecture) -> Forward:
    """Run the network, find its outputs, and see that it gives numbers, the same each time.

    Raises:
        ArchitectureError, ForwardError, OutputError
    """
    pictures = [calibration.prepared(path, built.input) for path in calibration.PICTURES]
    graph = built.graph or torch_graph.TorchGraph(
        recipe.id, recipe.architecture, built.module, built.input
    )
    kind = tasks.TASKS[built.task]
    given = [graph.run(inputs(each)) for each in pictures]
    chosen = choose(recipe, built.task, given[0])
    outputs = [taken(recipe.id, each, chosen) for each in given]
    for path, each in zip(calibration.PICTURES, outputs, strict=True):
        require_numbers(recipe.id, path.name, each)
    if kind.fixed:
        require_one_shape(recipe.id, outputs)
    again = taken(recipe.id, graph.run(inputs(pictures[0])), chosen)
    if not kind.deviation(outputs[0], again) <= TOLERANCE:
        raise ForwardError(
            f"{recipe.id} gives another answer each time for the same picture. Something in it is "
            "random in evaluation mode too, such as F.dropout without training=self.training."
        )
    return Forward(graph, built.task, chosen, pictures, outputs)


def inputs(picture: Prepared) -> Tensors:
    """What a network takes of a picture."""
    return {tensors.PIXELS: picture.pixels[np.newaxis]}


def choose(recipe: Recipe, task: str, given: Tensors) -> dict[str, str]:
    """The outputs that count: {the task's name: the network's own}.

    Raises:
        OutputError: they don't fit the task.
    """
    try:
        return tasks.TASKS[task].choose(given, recipe.output)
    except UnfitOutputsError as error:
        raise OutputError(f"{recipe.id} {error}") from error


def taken(model_id: str, given: Tensors, chosen: dict[str, str]) -> dict[str, Array]:
    """The outputs that count, by the task's names.

    Raises:
        ForwardError: one is missing for this picture.
    """
    missing = [name for name in chosen.values() if name not in given]
    if missing:
        raise ForwardError(
            f"{model_id} gives {tensors.listed(given)} for one picture, without the "
            f"{', '.join(missing)} that it gives for another."
        )
    return {name: given[own] for name, own in chosen.items()}


def require_one_shape(model_id: str, outputs: Sequence[Tensors]) -> None:
    """Return only if the outputs have the same shapes for every picture.

    Raises:
        ForwardError
    """
    shapes = dict.fromkeys(tensors.listed(each) for each in outputs)
    if len(shapes) > 1:
        raise ForwardError(f"{model_id} gives {' or '.join(shapes)}, by the picture.")


def require_numbers(model_id: str, picture: str, outputs: Tensors, where: str = "") -> None:
    """Return only if values are numbers. -inf is one, of a class that is never meant.

    Raises:
        ForwardError: names the picture.
    """
    for values in outputs.values():
        if values.size and not np.isfinite(values.max()):
            raise ForwardError(
                f"{model_id} gives {described_values(values)}{where} for {picture}. Look in the "
                "network for a division by nought, the logarithm of nought, or numbers past the "
                "range of their type."
            )


def described_values(values: Array) -> str:
    """How many of some values are no numbers."""
    count, word = int(np.isnan(values).sum()), "NaN"
    if not count:
        count, word = int(np.isinf(values).sum()), "infinity"
    return f"{word} in {count} of {values.size} values"
