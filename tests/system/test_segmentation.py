"""Segmentation as a person meets it: networks whose maps are known, baked and asked over HTTP."""

import base64
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.support import stack

NETS = """\
import torch

class Colours(torch.nn.Module):
    '''The class of a pixel is its strongest colour: 0 red, 1 green, 2 blue.'''
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 3, 1, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(3)[..., None, None])

    def forward(self, x):
        return self.layer(x)

class Coarse(Colours):
    '''A quarter of the input's resolution.'''
    def forward(self, x):
        return torch.nn.functional.avg_pool2d(self.layer(x), 4)

class Pair(Colours):
    '''As torchvision's networks do it.'''
    def forward(self, x):
        found = self.layer(x)
        return {"out": found, "aux": -found}

class Classes(Colours):
    '''Tells the classes themselves.'''
    def forward(self, x):
        return self.layer(x).argmax(1)

class Red(Colours):
    '''One value: how red a pixel is, from 0 to 1.'''
    def forward(self, x):
        return torch.sigmoid(4 * self.layer(x)[:, :1])

class Rows(Colours):
    '''No segmentation at all.'''
    def forward(self, x):
        return self.layer(x).mean((2, 3))

class Undefined(Colours):
    '''NaN where a pixel is black.'''
    def forward(self, x):
        found = self.layer(x) + 1
        return found / found.sum(1, keepdim=True)
"""
NAMES = "labels: [red, green, blue]"


def entry(model_id: str, network: str, fields: str = "", shape: str = "size: 32") -> str:
    return (
        f"  - {{id: {model_id}, task: segmentation, architecture: 'nets:{network}', "
        f"weights: random, {fields and f'{fields}, '}"
        f"input: {{{shape}, mean: 0.5, std: 0.5, interpolation: bilinear}}}}\n"
    )


SERVED = (
    entry("colours", "Colours", f"service: zoo, cache: {{size: 10}}, {NAMES}")
    + entry("boxed", "Colours", f"service: zoo, {NAMES}", "size: [32, 64], fit: letterbox, pad: 0")
    + entry("coarse", "Coarse", "service: zoo")
    + entry("pair", "Pair", "service: zoo, output: out")
    + entry("classes", "Classes", "service: zoo")
    + entry("torch", "Classes", "service: zoo, engine: torch")
    + entry("red", "Red", "service: zoo, labels: [other, red]")
    + entry("undefined", "Undefined", "service: zoo")
    + entry("int8", "Colours", "service: zoo, precision: int8", "size: 64")
)


def write(folder: Path, entries: str) -> Path:
    (folder / "nets.py").write_text(NETS)
    path = folder / "models.yaml"
    path.write_text(f"version: 1\nmodels:\n{entries}")
    return path


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("segmentation")
    with stack.running(write(folder, SERVED), folder / "state", "--no-page") as running:
        yield running


Classes = npt.NDArray[np.uint8]
CORNERS = np.array([[0, 1], [2, 0]], np.uint8)


def map_of(width: int = 64, height: int = 48) -> Classes:
    """Red and green above, blue and red below."""
    return CORNERS.repeat(height // 2, 0).repeat(width // 2, 1)


def picture(classes: Classes, kind: str = "PNG", **options: Any) -> bytes:
    """A picture of which each pixel has its class's colour."""
    colours = np.array([[230, 20, 40], [20, 230, 40], [20, 40, 230]], np.uint8)
    out = io.BytesIO()
    Image.fromarray(colours[classes]).save(out, kind, **options)
    return out.getvalue()


PICTURE = picture(map_of())
AS_PNG = {"Accept": "image/png"}


def greys(encoded: bytes) -> Classes:
    with Image.open(io.BytesIO(encoded)) as image:
        assert image.format == "PNG"
        return np.array(image.convert("L") if image.mode == "1" else image)


def masks(answer: dict[str, Any]) -> dict[str, Classes]:
    return {
        each["label"]: greys(base64.b64decode(each["mask"], validate=True))
        for each in answer["segments"]
    }


def answered(up: stack.Stack, model: str, sent: bytes = PICTURE, query: str = "") -> dict[str, Any]:
    answer = up.predict(model, sent, query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def answered_map(up: stack.Stack, model: str, sent: bytes = PICTURE) -> Classes:
    answer = up.predict(model, sent, headers=AS_PNG)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png"), answer.text
    return greys(answer.content)


def test_each_class_has_its_mask_in_the_pictures_size(up: stack.Stack) -> None:
    found = answered(up, "colours")
    assert [*found] == ["model", "task", "image", "segments", "request_id"]
    assert found["image"] == {"width": 64, "height": 48}
    told = [(each["class_id"], each["label"], each["share"]) for each in found["segments"]]
    assert told == [(0, "red", 0.5), (1, "green", 0.25), (2, "blue", 0.25)]
    for label, mask in masks(found).items():
        number = ["red", "green", "blue"].index(label)
        assert (mask == np.where(map_of() == number, 255, 0)).all()


@pytest.mark.parametrize("model", ["colours", "pair", "classes", "torch"])
def test_who_prefers_a_png_has_the_map_of_classes(model: str, up: stack.Stack) -> None:
    assert (answered_map(up, model) == map_of()).all()


def test_a_coarse_map_is_as_fine_as_the_input_but_where_all_corners_meet(up: stack.Stack) -> None:
    wrong = answered_map(up, "coarse") != map_of()
    assert wrong.mean() < 0.01
    assert not wrong[np.abs(np.arange(48) - 23.5) > 6].any()


@pytest.mark.parametrize("size", [(64, 32), (200, 60), (30, 90), (16, 8)])
def test_in_a_border_the_picture_is_found_where_it_lies(
    size: tuple[int, int], up: stack.Stack
) -> None:
    expected = map_of(*size)
    found = answered_map(up, "boxed", picture(expected))
    assert found.shape == expected.shape
    # The model sees a pixel of its own for several of a large picture, and a border of one beside.
    assert (found == expected).mean() > 0.9
    assert set(np.unique(found)) == {0, 1, 2}


def test_a_picture_that_its_exif_turns_has_upright_masks(up: stack.Stack) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    lying = np.rot90(map_of())  # to the left
    sent = picture(lying, "JPEG", quality=95, exif=exif)
    found = answered(up, "colours", sent)
    assert found["image"] == {"width": 64, "height": 48}
    assert (masks(found)["green"] == np.where(map_of() == 1, 255, 0)).mean() > 0.98
    assert (answered_map(up, "colours", sent) == map_of()).mean() > 0.98


def test_a_large_picture_is_answered_as_a_small_one(up: stack.Stack) -> None:
    expected = map_of(4000, 3000)
    assert (answered_map(up, "colours", picture(expected)) == expected).all()
    shares = [each["share"] for each in answered(up, "colours", picture(expected))["segments"]]
    assert shares == [0.5, 0.25, 0.25]


def test_both_forms_are_kept_and_given_to_who_asks_for_them(up: stack.Stack) -> None:
    sent = picture(map_of(40, 40))
    for headers in ({}, AS_PNG):
        first, again = (up.predict("colours", sent, headers=headers) for _ in range(2))
        assert "hit" not in first.headers["Cache-Status"]
        assert "hit" in again.headers["Cache-Status"]
        assert first.headers["Content-Type"] == again.headers["Content-Type"]
        assert "Accept" in again.headers["Vary"]
    assert again.content == first.content


def test_one_value_is_a_class_from_a_threshold_on(up: stack.Stack) -> None:
    grey = np.full((20, 20, 3), 140, np.uint8)  # 0.1 to the network, whose score is 0.6
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    shares = {
        query: [(each["label"], each["share"]) for each in found["segments"]]
        for query in ("", "?threshold=0.7")
        if (found := answered(up, "red", out.getvalue(), query))
    }
    assert shares == {"": [("red", 1.0)], "?threshold=0.7": [("other", 1.0)]}
    refused = up.predict("colours", PICTURE, "?threshold=0.7")
    assert refused.status_code == 400
    assert "for a model with one class" in refused.json()["detail"]


def test_a_picture_without_numbers_is_its_own_problem(up: stack.Stack) -> None:
    refused = up.predict("undefined", black(), headers=AS_PNG)
    assert refused.status_code == 422
    assert "aren't numbers" in refused.json()["detail"]


def black() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, "PNG")
    return out.getvalue()


def test_the_card_says_what_the_network_gives_and_how_int8_agrees(up: stack.Stack) -> None:
    card = up.get("/models/int8").json()["card"]
    assert card["task"] == "segmentation"
    assert card["signature"]["outputs"] == [
        {"name": "logits", "shape": [1, 3, 64, 64], "datatype": "FP32"}
    ]
    assert card["agreement"]["measure"] == "mean IoU of the classes"
    assert 0.8 < card["agreement"]["value"] <= 1
    assert (answered_map(up, "int8") == map_of()).all()
    assert up.get("/models/colours").json()["card"]["input"]["fit"] == "squash"


def passerelle(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [*stack.PASSERELLE, *words], cwd=stack.ROOT, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_what_does_not_fit_is_told_with_what_to_write(tmp_path: Path) -> None:
    wanted = {
        "rows": ("Rows", "", "gives (1, 3), not (1, classes, height, width)"),
        "pair": ("Pair", "", "output: out or output: aux"),
        "several": ("Colours", "activation: sigmoid", "whatever the activation. Remove it"),
        "named": ("Red", "labels: [red]", "labels"),
    }
    text = "".join(entry(each, net, fields) for each, (net, fields, _) in wanted.items())
    path = write(tmp_path, text)
    code, told = passerelle("bake", "-f", str(path), "--state", str(tmp_path / "state"))
    assert code == 1
    for model, (_, _, sentence) in wanted.items():
        assert sentence in told, (model, told)
    assert "unforeseen" not in told


def test_a_crop_is_refused_at_check(tmp_path: Path) -> None:
    path = write(tmp_path, entry("net", "Colours", shape="size: 32, fit: crop"))
    code, told = passerelle("check", "-f", str(path))
    assert code == 1
    assert "write fit: squash or fit: letterbox" in told
