"""torchvision's models are known by its registry's names."""

import types
from typing import Any

import pytest
import torch

from passerelle.artifact.weight_sources import WeightsError
from services.bake import torchvision_models, torchvision_operators
from services.bake.errors import ArchitectureError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def test_a_model_has_the_weights_that_are_published_for_it() -> None:
    enum = torchvision_models.weights_of("resnet18")
    assert torchvision_models.choose_weights("torchvision:DEFAULT", "resnet18", enum) == "DEFAULT"
    assert torchvision_models.choose_weights("random", "resnet18", enum) is None


def test_what_is_not_in_the_registry_is_told() -> None:
    with pytest.raises(ArchitectureError, match="torchvision has no model 'resnet19'"):
        torchvision_models.weights_of("resnet19")
    enum = types.SimpleNamespace(__members__={"V1": 1, "V2": 2})
    with pytest.raises(WeightsError, match="net has no weights 'V3'; it has DEFAULT, V1, V2"):
        torchvision_models.choose_weights("torchvision:V3", "net", enum)


def transforms_of(name: str) -> Any:
    """The transforms that torchvision publishes with a model's weights."""
    return torchvision_models.weights_of(name).DEFAULT.transforms()


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("resnet18", "classification"),
        ("fcos_resnet50_fpn", "detection"),
        ("lraspp_mobilenet_v3_large", "segmentation"),
    ],
)
def test_the_registry_tells_the_task(name: str, task: str) -> None:
    recipe = nets.recipe(architecture=f"torchvision:{name}")
    assert torchvision_models.task_of(recipe, transforms_of(name)) == task
    as_tensors = recipe.model_copy(update={"task": "tensor"})
    assert torchvision_models.task_of(as_tensors, transforms_of(name)) == "tensor"


@pytest.mark.parametrize(
    ("name", "task", "expected"),
    [
        ("r3d_18", None, "r3d_18 is for films; write one of torchvision:resnet50"),
        ("resnet18", "detection", "is for classification, not for detection"),
    ],
)
def test_what_is_for_another_task_is_told(name: str, task: Any, expected: str) -> None:
    recipe = nets.recipe(architecture=f"torchvision:{name}", task=task)
    with pytest.raises(ArchitectureError, match=expected):
        torchvision_models.task_of(recipe, transforms_of(name))


def test_no_weights_of_a_part_are_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *_, **__: 1 / 0)
    name = "lraspp_mobilenet_v3_large"
    recipe = nets.recipe(architecture=f"torchvision:{name}", weights="random")
    assert torchvision_models.make(recipe, name, None, "", {}).training is False


@pytest.mark.parametrize("has_it", [True, False])
def test_a_segmenters_second_head_is_taken_off(*, has_it: bool) -> None:
    models = torchvision_operators.import_torchvision().models
    given = {"weights": None, "weights_backbone": None, "aux_loss": has_it}
    module = models.get_model("deeplabv3_mobilenet_v3_large", **given).eval()
    torchvision_models.drop_auxiliary(module)
    with torch.no_grad():
        assert set(module(torch.zeros(1, 3, 32, 32))) == {"out"}
