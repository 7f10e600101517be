"""The task of one of torchvision's models by its name, which torchvision's own registry judges."""

import pytest

from passerelle.manifest import torchvision_names
from passerelle.protocol.tasks import Task
from services.bake import torchvision_models, torchvision_operators


@pytest.mark.torch
def test_names_say_what_torchvisions_registry_says() -> None:
    models = torchvision_operators.import_torchvision().models
    for name in models.list_models():
        kind = type(models.get_model_weights(name).DEFAULT.transforms()).__name__
        architecture = f"torchvision:{name}"
        assert torchvision_names.task(architecture) == torchvision_models.TASKS.get(kind), name
        assert bool(torchvision_names.other(architecture)) is (kind not in torchvision_models.TASKS)


@pytest.mark.parametrize("architecture", ["mynets:fcn_resnet50", "onnx", "", "mynets:raft_large"])
def test_another_architectures_name_says_nothing(architecture: str) -> None:
    assert torchvision_names.task(architecture) is None
    assert torchvision_names.other(architecture) is None


def test_what_is_for_no_picture_is_told_with_what_is() -> None:
    told = torchvision_names.not_for_pictures("torchvision:raft_large")
    assert told.startswith("torchvision:raft_large is for how one picture moves to another; write")
    assert "torchvision:resnet50, torchvision:retinanet_resnet50_fpn, torchvision:deep" in told
    assert "r3d_18 is for films" in torchvision_names.not_for_pictures("torchvision:r3d_18")


@pytest.mark.parametrize(
    ("architecture", "wanted", "expected"),
    [
        (
            "torchvision:resnet50",
            "detection",
            "is for classification, not for detection; write tor",
        ),
        (
            "torchvision:fcos_resnet50_fpn",
            "classification",
            "write torchvision:resnet50 or another",
        ),
        ("torchvision:fcn_resnet50", "detection", "write torchvision:retinanet_resnet50_fpn"),
    ],
)
def test_a_model_for_another_task_is_told(architecture: str, wanted: Task, expected: str) -> None:
    assert expected in (torchvision_names.misfit(architecture, wanted) or "")


@pytest.mark.parametrize(
    ("architecture", "wanted"),
    [
        ("torchvision:resnet50", None),
        ("torchvision:resnet50", "embedding"),
        ("torchvision:fcos_resnet50_fpn", "tensor"),
        ("torchvision:fcos_resnet50_fpn", "detection"),
        ("mynets:Net", "detection"),
    ],
)
def test_its_own_task_and_those_of_any_network_fit(architecture: str, wanted: Task | None) -> None:
    assert torchvision_names.misfit(architecture, wanted) is None
