"""What a network is given of a picture, by each fit and order: it says so itself, once served."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from tests.support import stack

NETS = """\
import torch

class Seen(torch.nn.Module):
    '''Gives back what it is given.'''
    def forward(self, x):
        return x + 0
"""
INPUTS = {
    "oblong": "{size: [48, 32], resize: 64, mean: 0, std: 1}",
    "covered": "{size: [56, 28], mean: 0, std: 1}",
    "squash": "{size: [48, 32], fit: squash, mean: 0, std: 1}",
    "letterbox": "{size: [48, 64], fit: letterbox, pad: [10, 20, 30], mean: 0, std: 1}",
    "bgr": "{size: [48, 32], fit: squash, channels: bgr, mean: 0, std: 1}",
    "whole-bytes": "{size: [48, 32], fit: squash, mean: 0, std: 0.00392156862745098}",
    "caffe": (
        "{size: [48, 32], fit: squash, channels: bgr, mean: [0.407843, 0.458824, 0.482353], "
        "std: 0.00392156862745098}"
    ),
}
MANIFEST = "version: 1\nmodels:\n" + "".join(
    f"  - {{id: {name}, service: seen, architecture: 'nets:Seen', weights: random, task: tensor,\n"
    f"     input: {given}}}\n"
    for name, given in INPUTS.items()
)
BILINEAR = Image.Resampling.BILINEAR


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("fits")
    (folder / "nets.py").write_text(NETS)
    (folder / "models.yaml").write_text(MANIFEST)
    with stack.running(folder / "models.yaml", Path(folder / "state")) as running:
        yield running


def turned() -> bytes:
    """A photograph, held sideways."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    image = Image.open(io.BytesIO(stack.CAT)).convert("RGB").resize((320, 200))
    image.save(out, "PNG", exif=exif)
    return out.getvalue()


UPRIGHT = ImageOps.exif_transpose(Image.open(io.BytesIO(turned())))  # 200 wide, 320 high


def seen(up: stack.Stack, model: str) -> npt.NDArray[np.float64]:
    """What the network was given of the picture: (height, width, 3)."""
    answer = up.predict(model, turned())
    assert answer.status_code == 200, answer.text
    (output,) = answer.json()["outputs"]
    found: npt.NDArray[np.float64] = np.reshape(output["data"], output["shape"])[0]
    return found.transpose(1, 2, 0)


def squashed() -> npt.NDArray[np.float64]:
    return np.asarray(UPRIGHT.resize((32, 48), BILINEAR)).astype(float)


def cut(scaled: tuple[int, int], size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The picture scaled, and its middle."""
    left, top = (round((one - other) / 2) for one, other in zip(scaled, size, strict=True))
    box = (left, top, left + size[0], top + size[1])
    return np.asarray(UPRIGHT.resize(scaled, BILINEAR).crop(box)).astype(float)


def framed() -> npt.NDArray[np.float64]:
    ground = Image.new("RGB", (64, 48), (10, 20, 30))
    ground.paste(UPRIGHT.resize((30, 48), BILINEAR), (17, 0))
    return np.asarray(ground).astype(float)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("oblong", cut((64, 102), (32, 48)) / 255),
        ("covered", cut((40, 64), (28, 56)) / 255),  # 32 x 64 lies within, in these proportions
        ("squash", squashed() / 255),
        ("letterbox", framed() / 255),
        ("bgr", squashed()[..., ::-1] / 255),
        ("whole-bytes", squashed()),
        ("caffe", squashed()[..., ::-1] - (104, 117, 123)),
    ],
)
def test_a_network_is_given_what_plain_pillow_and_numpy_make(
    model: str, expected: npt.NDArray[np.float64], up: stack.Stack
) -> None:
    given = seen(up, model)
    assert given.shape == expected.shape
    step = 1 / 255 if np.abs(expected).max() <= 1 else 1.0
    away = np.abs(given - expected) / step
    assert away.mean() < 0.3, "the resizing rounds in another order"
    assert away.max() < 4
