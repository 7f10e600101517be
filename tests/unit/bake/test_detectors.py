"""Detectors take a picture of the input's size, however they take pictures themselves."""

from typing import Any

import pytest
import torch

from passerelle.artifact.card import Input
from services.bake import detectors, torchvision_operators
from services.bake.errors import ArchitectureError, ForwardError

pytestmark = pytest.mark.torch

SHAPE = Input((64, 96), None, "bilinear", (0.0,) * 3, (1.0,) * 3, fit="letterbox", pad=(0, 0, 0))


class OfTensor(torch.nn.Module):
    """A box around each picture of a batch."""

    channels = 3

    def forward(self, batch: torch.Tensor) -> Any:
        """A batch (N, 3, H, W) -> a tuple of boxes, scores and classes."""
        if batch.ndim != 4 or batch.shape[1] != self.channels:
            raise ValueError(f"a batch is wanted, not {tuple(batch.shape)}")
        height, width = batch.shape[2:]
        return torch.tensor([[0.0, 0.0, width, height]]), torch.ones(1), torch.ones(1).long()


class OfList(OfTensor):
    """The same of pictures of any sizes."""

    def forward(self, images: Any) -> Any:
        """A list of pictures (3, H, W) -> a list with a dict for each."""
        if not isinstance(images, list):
            raise TypeError("a list is wanted")
        names = ("boxes", "scores", "labels")
        return [
            dict(zip(names, super(OfList, self).forward(each[None]), strict=True))
            for each in images
        ]


class OfGrey(OfTensor):
    """One that takes pictures of another kind."""

    channels = 1


def small(name: str, **keywords: Any) -> torch.nn.Module:
    """A detector of torchvision's with few classes, without trained weights."""
    models = torchvision_operators.import_torchvision().models
    given = {"weights": None, "weights_backbone": None, "num_classes": 3} | keywords
    module: torch.nn.Module = models.get_model(name, **given)
    return module.eval()


@pytest.mark.parametrize("module", [OfTensor(), OfList()])
def test_a_module_is_given_what_it_takes(module: torch.nn.Module) -> None:
    adapted = detectors.adapted("mynets:Net", module, SHAPE)
    given = adapted(torch.zeros(1, 3, 64, 96))
    boxes = given[0]["boxes"] if isinstance(given, list) else given[0]
    assert boxes.tolist() == [[0, 0, 96, 64]]


def test_one_that_takes_neither_is_told_with_both_errors() -> None:
    expected = (
        r"mynets:Net fails on a picture as float32 \(1, 3, 64, 96\): NotImplementedError: .*It "
        r"fails on a list of one \(3, 64, 96\) as well: NotImplementedError"
    )
    with pytest.raises(ForwardError, match=expected):
        detectors.adapted("mynets:Net", torch.nn.Module(), SHAPE)


def test_one_that_takes_other_channels_is_told_those() -> None:
    with pytest.raises(ArchitectureError, match=r"write input: \{channels: 1\}"):
        detectors.adapted("mynets:Net", OfGrey(), SHAPE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ssdlite320_mobilenet_v3_large", ((320, 320), "squash", 3)),
        ("fasterrcnn_mobilenet_v3_large_320_fpn", ((320, 320), "letterbox", 3)),
        ("fasterrcnn_mobilenet_v3_large_fpn", ((800, 800), "letterbox", 3)),
    ],
)
def test_torchvisions_say_their_size_and_how_many_classes(
    name: str, expected: tuple[Any, ...]
) -> None:
    module = small(name)
    found = detectors.preparation(module)
    assert (found["size"], found["fit"], detectors.classes(module)) == expected
    assert (found["mean"], found["std"]) == ((0,), (1,))  # it normalises itself


def test_a_border_is_of_the_colour_that_becomes_nought() -> None:
    module = small("fasterrcnn_mobilenet_v3_large_320_fpn")
    assert detectors.preparation(module)["pad"] == (124, 116, 104)


@pytest.mark.parametrize("wrapped", [False, True])
def test_their_own_scaling_leaves_the_input_as_it_is(*, wrapped: bool) -> None:
    module: torch.nn.Module = small("fasterrcnn_mobilenet_v3_large_320_fpn")
    (transform,) = detectors.own_transforms(module)
    detectors.adapted("mynets:Net", detectors.Listed(module) if wrapped else module, SHAPE)
    picture = torch.rand(3, 64, 96)
    images, _ = transform([picture])
    assert images.tensors.shape == (1, 3, 64, 96)
    normalised = transform.normalize(picture)
    assert torch.equal(images.tensors[0], normalised)


def test_what_is_found_beside_boxes_is_left_out() -> None:
    module = small("maskrcnn_resnet50_fpn", box_detections_per_img=2, rpn_post_nms_top_n_test=5)
    adapted = detectors.adapted("torchvision:maskrcnn_resnet50_fpn", module, SHAPE)
    with torch.no_grad():
        (found,) = adapted(torch.rand(1, 3, 64, 96))
    assert set(found) == {"boxes", "scores", "labels"}


def test_another_module_says_nothing() -> None:
    assert detectors.preparation(OfTensor()) == {}
    assert detectors.classes(OfTensor()) is None
