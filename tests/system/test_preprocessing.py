"""Preprocessing is torchvision's own but for a rounding, with torchvision as the judge."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from passerelle.artifact.card import Input
from passerelle.manifest import model
from services.bake import convert, input_shape, torchvision_operators
from services.model import decode, engines, resize
from tests.support import stack

torchvision = torchvision_operators.import_torchvision()
transforms = torchvision.transforms


class Echo(torch.nn.Module):
    """Gives back what a model would be given: (N, 3, H, W) flattened to (N, 3 * H * W)."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """The batch, flat."""
        return batch.flatten(1)


def crops() -> list[bytes]:
    """The pictures, and crops of odd proportions of them."""
    found = [path.read_bytes() for path in sorted(stack.PICTURES.glob("*.*g"))]
    for data, box in zip(
        found[:3], [(0, 0, 301, 77), (5, 5, 106, 290), (3, 3, 226, 227)], strict=True
    ):
        out = io.BytesIO()
        Image.open(io.BytesIO(data)).convert("RGB").crop(box).save(out, "PNG")
        found.append(out.getvalue())
    return found


@pytest.mark.parametrize(
    "name", ["resnet152", "convnext_base", "swin_b", "vgg16", "efficientnet_b1"]
)
@pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])
def test_the_engine_sees_what_torchvision_would_give(
    name: str, cykooz: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resize, "cykooz", cykooz)
    published = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    shape = input_shape.complete(None, input_shape.of_classifier(published))
    compare(shape, published, tmp_path)


def compare(shape: Input, transforms: Callable[[Image.Image], torch.Tensor], folder: Path) -> None:
    """See that an engine is given what torchvision's transforms give, but for a rounding."""
    pixels = {"pixels": np.zeros((1, *shape.shape), np.uint8)}
    module = convert.Normalised(Echo(), shape).eval()
    convert.convert("openvino", module, ("values",), pixels, folder)
    engine = engines.load("openvino", folder, threads=1)
    for data in crops():
        image = Image.open(io.BytesIO(data)).convert("RGB")
        expected = transforms(image).numpy().ravel()
        inputs = {"pixels": decode.prepare(data, shape, 10**8).pixels[np.newaxis]}
        given = engine.infer(inputs)["values"].ravel()
        steps = np.abs(given - expected).reshape(3, -1) * 255 * np.array(shape.std)[:, None]
        assert steps.mean() < 0.3, "of 255; the resizing rounds in another order"
        assert (steps > 1.01).mean() < 0.005
        assert steps.max() < 20


def padded(image: torch.Tensor) -> torch.Tensor:
    """A picture of values in 0..1 in the middle of a border, 192 x 160, grey by 114."""
    rows, columns = 192 - image.shape[1], 160 - image.shape[2]
    sides = (columns // 2, rows // 2, columns - columns // 2, rows - rows // 2)
    whole: torch.Tensor = transforms.functional.pad(image, sides, fill=114 / 255)
    return whole


def fitted(image: Image.Image) -> Image.Image:
    """A picture in its proportions, as large as fits into 192 x 160."""
    factor = min(160 / image.width, 192 / image.height)
    size = [round(image.height * factor), round(image.width * factor)]
    resized: Image.Image = transforms.functional.resize(image, size, antialias=True)
    return resized


MEAN, STD = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        (
            {"size": (192, 160), "resize": 200},
            [transforms.Resize(200), transforms.CenterCrop((192, 160)), transforms.ToTensor()],
        ),
        (
            {"size": (192, 160), "resize": (200, 180)},
            [
                transforms.Resize((200, 180)),
                transforms.CenterCrop((192, 160)),
                transforms.ToTensor(),
            ],
        ),
        (
            {"size": (192, 160), "fit": "squash"},
            [transforms.Resize((192, 160)), transforms.ToTensor()],
        ),
        ({"size": (192, 160), "fit": "letterbox"}, [fitted, transforms.ToTensor(), padded]),
        (
            {"size": (192, 160), "fit": "squash", "channels": "bgr"},
            [transforms.Resize((192, 160)), transforms.ToTensor(), lambda rgb: rgb.flip(0)],
        ),
    ],
    ids=["crop", "squashed crop", "squash", "letterbox", "bgr"],
)
@pytest.mark.parametrize("cykooz", [resize.cykooz, None], ids=["cykooz", "pillow"])
def test_each_fit_and_order_is_torchvisions(
    written: dict[str, Any],
    steps: list[Any],
    cykooz: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resize, "cykooz", cykooz)
    shape = input_shape.complete(model.Input(**written, mean=MEAN, std=STD))
    compare(shape, transforms.Compose([*steps, transforms.Normalize(MEAN, STD)]), tmp_path)
