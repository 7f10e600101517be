"""What torchvision sets when it loads its own weights is set when they come from a file."""

import types
from typing import Any
from unittest import mock

import pytest
import torch

from services.bake import published, torchvision_operators

pytestmark = pytest.mark.torch
SIMPLE = (bool, int, float, str, type(None))  # kinds of what a constructor keeps
HEADS = {"aux_logits", "training"}  # they decide nothing in evaluation


def models() -> Any:
    return torchvision_operators.import_torchvision().models


def classifiers() -> list[str]:
    """The names of torchvision's classifiers, one of each family.

    Less those whose constructors calculate with tensors, and so can't be made without values.
    """
    names = [name for name in models().list_models(module=models()) if "regnet" not in name]
    return list({models().get_model_builder(name).__module__: name for name in names}.values())


def kept(module: torch.nn.Module) -> dict[str, Any]:
    """What every part of a network keeps beside its tensors."""
    return {
        f"{name}.{key}": value
        for name, part in module.named_modules()
        for key, value in vars(part).items()
        if isinstance(value, SIMPLE) and key not in HEADS and not name.startswith("aux")
    }


def test_networks_are_made_as_torchvision_makes_them_for_its_weights() -> None:
    """Made without memory for their values, and without the values."""
    for name in classifiers():
        enum = models().get_model_weights(name)
        with (
            torch.device("meta"),
            mock.patch.object(enum, "get_state_dict", return_value={}),
            mock.patch.object(torch.nn.Module, "load_state_dict"),
        ):
            theirs = models().get_model(name, weights=enum.DEFAULT)
            given = published.settings(name, enum.DEFAULT)
            ours = models().get_model(name, **given)
        assert kept(ours) == kept(theirs), name


def test_a_file_of_torchvisions_is_known_by_its_digest() -> None:
    enum = models().get_model_weights("resnet50")
    digits = "11ad3fa6"  # of the second weights' file
    assert published.member(enum, digits + "0" * 56) is enum.IMAGENET1K_V2
    assert published.member(enum, "0676ba61" + "0" * 56) is enum.IMAGENET1K_V1
    assert published.member(enum, "0" * 64) is None
    assert published.member(enum, None) is None


def test_a_transformer_for_larger_pictures_is_made_for_them() -> None:
    member = types.SimpleNamespace(meta={"min_size": (384, 384)})
    assert published.settings("vit_b_16", member) == {"image_size": 384}
    assert published.settings("vit_b_16", None) == {}
    assert published.settings("resnet50", member) == {}


@pytest.mark.parametrize(
    ("name", "member", "expected"),
    [
        ("retinanet_resnet50_fpn", "COCO_V1", 0.0),
        ("retinanet_resnet50_fpn", None, 1e-5),
        ("retinanet_resnet50_fpn_v2", "COCO_V1", 1e-5),
    ],
)
def test_normalisations_of_the_first_detectors_add_nothing(
    name: str, member: str | None, expected: float
) -> None:
    module = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
    known = types.SimpleNamespace(name=member) if member else None
    published.finish(name, known, module)
    assert module[0].eps == expected
