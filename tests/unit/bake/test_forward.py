"""The network itself, run on real pictures."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from passerelle.artifact.card import TensorSpec
from passerelle.protocol.tasks import Task
from services.bake import calibration, forward
from services.bake.errors import ForwardError, OutputError
from services.bake.forward import Forward
from services.model.handled import Handled
from services.model.handler import Handler
from services.model.tasks.classification import Classification
from services.model.tasks.tensor import RawTensors
from services.model.tensors import Array, Tensors
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def run(module: torch.nn.Module, task: Task = "classification") -> Forward:
    built = nets.built(module, task=task)
    return forward.run(nets.recipe(task=task), built)


def outputs(*values: float) -> dict[str, Array]:
    return {"logits": np.array([values], np.float32)}


def refused(module: torch.nn.Module) -> str:
    with pytest.raises(ForwardError) as raised:
        run(module)
    return str(raised.value)


class Pair(nets.Tiny):
    """Gives a dict of tensors."""

    def forward(self, batch: torch.Tensor) -> Any:
        """The logits, and something else."""
        return {"maps": self.layer(batch), "logits": super().forward(batch)}


class Random(nets.Tiny):
    """Drops values in evaluation too."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Another answer each time."""
        return functional.dropout(super().forward(batch))


class Logarithm(nets.Tiny):
    """Gives numbers for no picture."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """NaN."""
        logarithm: torch.Tensor = (super().forward(batch) - 100).log()
        return logarithm


class Varying(nets.Tiny):
    """Gives as many values as the picture is bright."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 2 and more)."""
        values: torch.Tensor = self.layer(batch).flatten(1)
        return values[:, : 2 + int(batch.mean().abs() * 100)]


def test_outputs_are_those_of_the_module_for_each_picture() -> None:
    net = nets.Tiny().eval()
    made = run(net)
    assert len(made.outputs) == len(made.inputs) == len(calibration.PICTURES)
    assert (made.classes, made.chosen, made.output) == (nets.CLASSES, {"logits": ""}, None)
    scaled = torch.from_numpy(made.inputs[0]["pixels"]).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        expected = net((scaled - 0.5) / 0.5).numpy()
    assert made.outputs[0]["logits"] == pytest.approx(expected, abs=1e-6)
    assert made.signature.outputs == (TensorSpec("logits", (1, nets.CLASSES), "FP32"),)


def test_one_of_several_outputs_is_found_and_stays() -> None:
    made = run(Pair())
    assert (made.chosen, made.output) == ({"logits": "logits"}, "logits")
    assert made.classes == nets.CLASSES


def test_outputs_that_do_not_fit_the_task_are_told() -> None:
    with pytest.raises(OutputError, match=r"^tiny gives \(1, 4, 4, 4\), not \(1, classes\)"):
        run(nets.Tiny().layer)


def test_another_task_takes_what_is_its_own() -> None:
    made = run(Pair(), task="tensor")
    assert made.chosen == {"maps": "maps", "logits": "logits"}
    assert (made.classes, made.output) == (0, None)


class Sometimes(nets.Tiny):
    """Gives its logits for bright pictures alone."""

    def forward(self, batch: torch.Tensor) -> Any:
        """The logits, or something else."""
        is_bright = bool(batch.mean() > -0.2)
        return {"logits" if is_bright else "dark": super().forward(batch)}


def test_an_output_that_only_some_pictures_have_is_told() -> None:
    with pytest.raises(ForwardError, match="for one picture, without the"):
        run(Sometimes())


def test_no_numbers_are_told_with_the_picture() -> None:
    assert "gives NaN in 4 of 4 values for chelsea.png" in refused(Logarithm())


def test_an_answer_that_is_another_each_time_is_told() -> None:
    torch.manual_seed(0)  # four values may be dropped alike by chance
    assert "another answer each time for the same picture" in refused(Random())


def test_as_many_values_as_the_picture_says_are_told() -> None:
    assert re.search(r"gives logits .* or logits .*, by the picture", refused(Varying()))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0, np.nan], "gives NaN in 1 of 2 values in int8 for cat"),
        ([np.inf, 1.0], "gives infinity in 1 of 2"),
        ([-np.inf, -np.inf], "gives infinity in 2 of 2"),
    ],
)
def test_nan_and_infinity_are_no_numbers(values: list[float], told: str) -> None:
    with pytest.raises(ForwardError, match=told):
        forward.require_numbers("net", "cat.png", outputs(*values), " in int8")


def test_a_masked_class_is_no_fault() -> None:
    forward.require_numbers("net", "cat.png", outputs(-np.inf, 1.0))


class Halves:
    """A handler of a network with two outputs: the first half of the classes of one of them."""

    def postprocess(self, outputs: Tensors) -> dict[str, Array]:
        return {"logits": outputs["0"][:, :2]}


def test_a_handler_makes_the_answers_and_takes_all_outputs() -> None:
    class Two(nets.Tiny):
        def forward(self, batch: torch.Tensor) -> Any:
            made = super().forward(batch)
            return made, made.flatten()

    handled = Handled(Handler("handlers:Halves", Halves()), "classification")
    built = nets.built(Two())
    made = forward.run(nets.recipe(), built, handled)
    assert [each.shape for each in made.outputs[0].values()] == [(1, 4), (4,)]
    assert (made.classes, made.answers[0]["logits"].shape) == (2, (1, 2))
    assert made.compared is RawTensors


def test_a_handler_that_fails_on_a_picture_fails_the_bake() -> None:
    handled = Handled(Handler("handlers:Halves", Halves()), "embedding")
    built = nets.built(nets.Tiny())
    with pytest.raises(ForwardError, match=r"tiny: on chelsea.png handlers:Halves.*KeyError: '0'"):
        forward.run(nets.recipe(), built, handled)


@pytest.mark.parametrize(("task", "expected"), [(None, True), ("classification", False)])
def test_another_task_that_outputs_fit_is_told_where_none_is_written(
    *, task: Task | None, expected: bool
) -> None:
    found = {"maps": np.zeros((1, 4, 8, 8), np.float32)}
    with pytest.raises(OutputError) as raised:
        forward.choose(nets.recipe(task=task), Classification, found)
    assert ("It fits task: segmentation; write that." in str(raised.value)) is expected
