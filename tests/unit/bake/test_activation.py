"""How a network's values become scores."""

from typing import Any

import numpy as np
import pytest
import torch

from passerelle.manifest.model import Activation
from services.bake import activation, forward, origin
from services.bake.errors import ActivationError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch

LOGITS = [[-2.0, 1.5, 7.0], [0.1, 0.2, -3.0]]
SHARES = [[0.2, 0.3, 0.5], [0.0, 0.9, 0.1]]
LABELS = [[0.2, 0.9, 0.8], [0.0, 0.1, 0.1]]  # each for itself


def found(values: Any, made_by: str = "mul", **fields: Any) -> activation.Found:
    return activation.of_values(nets.recipe(**fields), np.array(values, np.float32), made_by)


def refused(values: Any, made_by: str = "mul", **fields: Any) -> str:
    with pytest.raises(ActivationError) as raised:
        found(values, made_by, **fields)
    return str(raised.value)


@pytest.mark.parametrize(
    ("values", "made_by", "name", "multi_label"),
    [
        (LOGITS, origin.LINEAR, "softmax", False),
        (LOGITS, "mul", "softmax", False),
        (LABELS, origin.LINEAR, "softmax", False),  # which happen to be in 0..1
        ([[0.0, 0.0]] * 2, "mul", "softmax", False),  # of a head that isn't trained
        ([[-np.inf, 1.5, 7.0]] * 2, "masked_fill", "softmax", False),
        (np.log(SHARES[:1]), origin.LOG_SOFTMAX, "softmax", False),
        (np.log(SHARES[:1]), "sub", "softmax", False),
        (SHARES, origin.SOFTMAX, "none", False),
        (SHARES, "div", "none", False),  # normalised by hand
        ([[0.991, 0.002]], origin.SOFTMAX, "none", False),  # in half precision
        (LABELS, origin.SIGMOID, "none", True),
        ([[0.2], [0.9]], origin.SIGMOID, "none", True),
    ],
)
def test_the_activation_shows_in_the_values_and_in_what_made_them(
    values: Any, made_by: str, name: str, *, multi_label: bool
) -> None:
    made = found(values, made_by)
    assert (made.name, made.multi_label) == (name, multi_label)
    assert made.source.startswith("the output: ")


@pytest.mark.parametrize(
    ("values", "made_by"),
    [
        (LABELS, "mul"),
        ([[-0.5, 0.7]], "tanh"),
        ([[0.0, 7.5]], "relu"),
        ([[-3.0, -0.1]], "log_sigmoid_forward"),
        ([[0.3, 0.7, 0.4, 0.6]], origin.SOFTMAX),  # of two heads
        (np.log([[0.3, 0.7, 0.4, 0.6]]), origin.LOG_SOFTMAX),
        ([[20.0, 80.0], [99.0, 1.0]], origin.SOFTMAX),  # in percent
        ([[20.0, 80.0], [99.0, 1.0]], "round"),
        ([[20.0, 90.0], [99.0, 98.0]], origin.SIGMOID),
        (-np.log([[0.2, 0.8], [0.5, 0.5]]), "neg"),  # the least is the likeliest
    ],
)
def test_what_stays_in_doubt_is_refused_with_the_range_and_the_lines(
    values: Any, made_by: str
) -> None:
    told = refused(values, made_by)
    low, high = np.min(values), np.max(values)
    assert f"tiny gives values from {low:.3g} to {high:.3g} on {len(values)} pic" in told
    for name in ("softmax", "sigmoid", "none"):
        assert f"activation: {name} (" in told


@pytest.mark.parametrize("made_by", [origin.LINEAR, "tanh", "mul"])
def test_one_output_that_no_sigmoid_made_is_refused_with_the_lines(made_by: str) -> None:
    told = refused([[-2.5], [0.7]], made_by)
    assert "one output, from -2.5 to 0.7 on 2 pictures, and no sigmoid made it" in told
    assert "Write activation: sigmoid" in told
    assert "activation: none" in told


@pytest.mark.parametrize("fields", [{}, {"activation": "none"}])
def test_a_softmax_that_is_always_the_same_is_refused_whatever_is_written(fields: Any) -> None:
    assert "softmax of one value is always 1" in refused([[1.0]] * 2, origin.SOFTMAX, **fields)
    assert "softmax of one value is always 1" in refused([[0.0]] * 2, origin.LOG_SOFTMAX, **fields)
    told = refused([[1.0, 1.0]] * 2, origin.SOFTMAX, **fields)
    assert "gives 1 for each of its 2 classes: its softmax runs over the pictures of" in told
    assert "Write dim=1" in refused([[0.0, 0.0]] * 2, origin.LOG_SOFTMAX, **fields)


def test_one_output_has_no_softmax() -> None:
    assert "write activation: sigmoid" in refused([[0.7]], origin.LINEAR, activation="softmax")


@pytest.mark.parametrize(
    ("name", "values", "multi_label"),
    [
        ("softmax", LABELS, False),
        ("sigmoid", LOGITS, True),
        ("none", LOGITS, True),
        ("none", SHARES, False),
        ("none", [[7.3], [1.0]], True),
    ],
)
def test_what_the_manifest_says_comes_first(
    name: Activation, values: Any, *, multi_label: bool
) -> None:
    made = found(values, "tanh", activation=name)
    assert made == activation.Found(name, "the manifest", multi_label)


def test_torchvisions_architectures_give_logits() -> None:
    assert found([[0.2, 0.9]], "mean", architecture="torchvision:squeezenet1_1").name == "softmax"


def test_a_masked_class_has_no_score_without_an_activation() -> None:
    told = refused([[-np.inf, 0.5, 0.5]], "masked_fill", activation="none")
    assert "gives -inf for a class" in told


def test_a_network_tells_the_values_and_what_made_them() -> None:
    built = nets.built(nets.Tiny())
    network = forward.run(nets.recipe(), built)
    assert activation.find(nets.recipe(), network).source == "the output: logits"


def test_another_task_has_none() -> None:
    recipe = nets.recipe(task="embedding")
    built = nets.built(nets.Tiny(), task="embedding")
    assert activation.find(recipe, forward.run(recipe, built)) == activation.NONE


class Maps(nets.Tiny):
    """A value for each class and each square of 8 pixels."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes, H / 8, W / 8)."""
        made: torch.Tensor = self.layer(batch)
        return made


class Probabilities(Maps):
    """The same, from 0 to 1."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes, H / 8, W / 8)."""
        return super().forward(batch).sigmoid()


def of_maps(module: torch.nn.Module, **fields: Any) -> activation.Found:
    recipe = nets.recipe(task="segmentation", **fields)
    built = nets.built(module, task="segmentation")
    return activation.find(recipe, forward.run(recipe, built))


def test_a_map_of_several_classes_needs_none_and_takes_none() -> None:
    assert of_maps(Maps()) == activation.NONE
    with pytest.raises(ActivationError, match=r"strongest class whatever the activation\. Remove"):
        of_maps(Maps(), activation="sigmoid")


def test_a_map_of_one_value_says_by_what_it_becomes_a_score() -> None:
    assert of_maps(Maps(1), activation="sigmoid") == activation.Found(
        "sigmoid", "the manifest", multi_label=False
    )
    assert of_maps(Probabilities(1)).source == "the output: made by a sigmoid"
    with pytest.raises(ActivationError, match="activation: sigmoid if it is a logit"):
        of_maps(Maps(1))
    with pytest.raises(ActivationError, match="Remove it"):
        of_maps(Maps(1), activation="softmax")
