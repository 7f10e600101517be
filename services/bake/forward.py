"""The network itself, run on real pictures, before any engine is made of it."""

import contextlib
import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from passerelle.artifact.card import Input, Signature
from passerelle.manifest.model import Recipe
from services.bake import calibration, picture_way
from services.bake.architecture import Architecture
from services.bake.errors import ForwardError, OutputError
from services.bake.graph import TOLERANCE, Graph
from services.bake.picture_way import Picture
from services.model import tasks, tensors
from services.model.handled import NO_HANDLER, Handled
from services.model.tasks import outputs as named_outputs
from services.model.tasks.detection import Detection
from services.model.tasks.segmentation import Segmentation
from services.model.tasks.task import Task, UnfitOutputsError
from services.model.tasks.tensor import UNNAMED, RawTensors
from services.model.tensors import Array, Tensors


@dataclasses.dataclass(frozen=True)
class Forward:
    """A network, and what it gives for `calibration.PICTURES`, in their order."""

    graph: Graph
    task: str
    chosen: dict[str, str]  # the outputs that count: {the task's name: the network's own}
    pictures: Sequence[Picture]
    outputs: Sequence[Tensors]  # by the task's names, or the network's own where a handler follows
    handled: Handled = NO_HANDLER

    @property
    def inputs(self) -> list[Tensors]:
        """What the network takes, of each picture."""
        return [each.inputs for each in self.pictures]

    @functools.cached_property
    def answers(self) -> Sequence[Tensors]:
        """What the task presents, of each picture: the outputs, or what a handler makes of them.

        Raises:
            ForwardError: the handler fails.
        """
        answers = []
        ways = zip(calibration.PICTURES, self.pictures, self.outputs, strict=True)
        for path, picture, outputs in ways:
            try:
                answers.append(picture_way.finished(self.handled, picture, outputs))
            except ForwardError as error:
                raise ForwardError(f"on {path.name} {error}") from error
        return answers

    @property
    def compared(self) -> type[Task]:
        """The task by which outputs are compared."""
        return RawTensors if self.handled.finishes else tasks.TASKS[self.task]

    @property
    def signature(self) -> Signature:
        """What its engine takes and gives; a side is variable where it is another for a picture."""
        first, last = self.outputs[0], self.outputs[-1]
        takes = tensors.specs(self.inputs[0], self.inputs[-1])
        return Signature(self.graph.specs(takes), self.compared.specs(first, last))

    @property
    def classes(self) -> int | None:
        """How many classes it has: 0 where its task has none, None where its outputs don't tell."""
        return tasks.TASKS[self.task].classes(self.answers[0])

    @property
    def output(self) -> str | None:
        """The name of the one output that counts; None where the network gives no other."""
        names = list(self.chosen.values())
        return names[0] if len(names) == 1 and names[0] else None


def run(recipe: Recipe, built: Architecture, handled: Handled = NO_HANDLER) -> Forward:
    """Run the network, find its outputs, and see that it gives numbers, the same each time.

    Raises:
        ArchitectureError, ForwardError, OutputError
    """
    pictures = prepared(recipe.id, built.input, handled)
    kind = RawTensors if handled.finishes else tasks.TASKS[built.task]
    given = [built.graph.run(each.inputs) for each in pictures]
    chosen = choose(recipe, None if handled.finishes else kind, given[0])
    outputs = [taken(recipe.id, each, chosen) for each in given]
    for path, each in zip(calibration.PICTURES, outputs, strict=True):
        require_numbers(recipe.id, path.name, each)
    if kind.fixed:
        require_one_shape(recipe.id, outputs)
    again = taken(recipe.id, built.graph.run(pictures[0].inputs), chosen)
    if not kind.deviation(outputs[0], again) <= TOLERANCE:
        raise ForwardError(
            f"{recipe.id} gives another answer each time for the same picture. Something in it is "
            "random in evaluation mode too, such as F.dropout without training=self.training."
        )
    made = Forward(built.graph, built.task, chosen, pictures, outputs, handled)
    require_answers(recipe.id, made)
    return made


def prepared(model_id: str, shape: Input, handled: Handled) -> list[Picture]:
    """The pictures as the network takes them.

    Raises:
        ForwardError: a handler fails on one.
    """
    try:
        return [picture_way.of_file(handled, path, shape) for path in calibration.PICTURES]
    except ForwardError as error:
        raise ForwardError(f"{model_id}: {error}") from error


def require_answers(model_id: str, made: Forward) -> None:
    """Return only if a handler makes an answer of the outputs for each picture.

    Raises:
        ForwardError: names the picture.
    """
    try:
        made.answers  # noqa: B018  # which are made once they are asked for
    except ForwardError as error:
        raise ForwardError(f"{model_id}: {error}") from error


def choose(recipe: Recipe, kind: type[Task] | None, given: Tensors) -> dict[str, str]:
    """The outputs that count: {the task's name: the network's own}.

    Raises:
        OutputError: they don't fit the task.
    """
    try:
        if kind is None:  # a handler takes any
            return {name or UNNAMED: name for name in named_outputs.within(given, recipe.output)}
        return kind.choose(given, recipe.output)
    except UnfitOutputsError as error:
        raise OutputError(f"{recipe.id} {error}{hint(recipe, given)}") from error


def hint(recipe: Recipe, given: Tensors) -> str:
    """The task that outputs fit, where the manifest says none and they aren't a classification's.

    Only what has a form of its own is told: a row of numbers could be anything.
    """
    for kind in (Detection, Segmentation):
        with contextlib.suppress(UnfitOutputsError):
            kind.choose(given, recipe.output)
            return "" if recipe.task else f" It fits task: {kind.name}; write that."
    return ""


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
