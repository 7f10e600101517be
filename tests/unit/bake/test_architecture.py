"""A recipe's architecture -> its torch module and what it takes in."""

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from passerelle.artifact.weight_sources import WeightsError
from services.bake import architecture
from services.bake.errors import ArchitectureError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def test_a_callable_is_called_with_the_recipes_arguments(tmp_path: Path) -> None:
    built = architecture.build(nets.recipe(arguments=[7]), tmp_path)
    module = nets.module_of(built)
    assert isinstance(module, nets.Tiny)
    assert module.layer.out_channels == 7
    assert not module.training
    assert (built.input.size, built.labels) == (nets.SHAPE.size, None)
    by_name = nets.module_of(architecture.build(nets.recipe(keywords={"classes": 3}), tmp_path))
    assert isinstance(by_name, nets.Tiny)
    assert by_name.layer.out_channels == 3


def test_random_weights_are_the_same_each_time(tmp_path: Path) -> None:
    one, other = (nets.module_of(architecture.build(nets.recipe(), tmp_path)) for _ in range(2))
    assert torch.equal(one.state_dict()["layer.weight"], other.state_dict()["layer.weight"])


def test_weights_are_loaded(tmp_path: Path) -> None:
    state = nets.Tiny().state_dict()
    safetensors.torch.save_file(state, tmp_path / "net.safetensors")
    built = architecture.build(
        nets.recipe(weights=f"file:{tmp_path / 'net.safetensors'}"), tmp_path
    )
    assert torch.equal(nets.module_of(built).state_dict()["layer.weight"], state["layer.weight"])


def test_weights_of_another_module_are_told_by_their_keys(tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(4, 3, 8, 8)}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=r"doesn't fit (.|\n)*layer\.bias"):
        architecture.build(nets.recipe(weights=f"file:{tmp_path / 'net.pth'}"), tmp_path)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"architecture": f"{nets.__name__}:Missing"}, "there is no Missing; check architecture"),
        ({"architecture": "not_there:Net"}, "No module named 'not_there'"),
        ({"architecture": f"{nets.__name__}:torch.Size"}, r"a Size of , no torch\.nn\.Module"),
        ({"keywords": {"colour": 1}}, "check arguments and keywords"),
        ({"architecture": "torchvision:resnet19"}, "torchvision has no model 'resnet19'"),
        (
            {"architecture": "torchvision:resnet18", "keywords": {"colour": 1}},
            "torchvision:resnet18 can't be made",
        ),
    ],
)
def test_what_can_not_be_made_says_what_to_change(
    fields: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ArchitectureError, match=expected):
        architecture.build(nets.recipe(**fields), tmp_path)


def test_weights_that_torchvision_does_not_have_are_told_with_those_it_has(tmp_path: Path) -> None:
    given = nets.recipe(architecture="torchvision:resnet18", weights="torchvision:IMAGENET9K")
    with pytest.raises(WeightsError, match="it has DEFAULT, IMAGENET1K_V1"):
        architecture.build(given, tmp_path)


def test_a_torchvision_model_brings_its_transforms_and_class_names(tmp_path: Path) -> None:
    given = nets.recipe(architecture="torchvision:squeezenet1_1", input=None)
    built = architecture.build(given, tmp_path)
    assert (built.input.size, built.input.resize) == ((224, 224), 256)
    assert built.published == "IMAGENET1K_V1"
    assert built.labels is not None
    assert len(built.labels) == 1000
