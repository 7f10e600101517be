"""Preprocessing is torchvision's own but for a rounding, with torchvision as the judge."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from services.bake import architecture, convert, torchvision_operators
from services.model import decode, engines, resize
from tests.support import stack

torchvision = torchvision_operators.import_torchvision()


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
    transforms = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    shape = architecture.complete_input(None, transforms)
    pixels = {"pixels": np.zeros((1, *shape.shape), np.uint8)}
    module = convert.Normalised(Echo(), shape).eval()
    convert.convert("openvino", module, ("values",), pixels, tmp_path)
    engine = engines.load("openvino", tmp_path, threads=1)
    for data in crops():
        image = Image.open(io.BytesIO(data)).convert("RGB")
        expected = transforms(image).numpy().ravel()
        inputs = {"pixels": decode.pixels(data, shape, 10**8)[np.newaxis]}
        given = engine.infer(inputs)["values"].ravel()
        steps = np.abs(given - expected).reshape(3, -1) * 255 * np.array(shape.std)[:, None]
        assert steps.mean() < 0.3, "of 255; the resizing rounds in another order"
        assert (steps > 1.01).mean() < 0.005
        assert steps.max() < 20
