"""Detection as a person meets it: from the manifest to boxes in the picture that was sent."""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support import stack

pytestmark = pytest.mark.torch

NETS = """\
import torch

class RedThing(torch.nn.Module):
    '''The box around what is red, if anything is: of an input that isn't normalised.'''

    def forward(self, batch):
        red, green, blue = batch[0]
        found = (red > 0.7) & (green < 0.3) & (blue < 0.3)
        rows, columns = found.any(1), found.any(0)
        height, width = found.shape
        first = [side.long().argmax() for side in (columns, rows)]
        behind = [len(side) - side.flip(0).long().argmax() for side in (columns, rows)]
        boxes = torch.stack(first + behind)[None].float()
        return boxes, 0.9 * found.any()[None].float(), torch.ones(1, dtype=torch.long)

class OfList(RedThing):
    '''The same, of a list of pictures, as torchvision's are given them.'''

    def forward(self, images):
        assert isinstance(images, list)
        names = ("boxes", "scores", "labels")
        return [dict(zip(names, super(OfList, self).forward(each[None]))) for each in images]

class Shares(RedThing):
    '''Boxes as shares of the input, which need a handler or a line more.'''

    def forward(self, batch):
        boxes, scores, labels = super().forward(batch)
        return boxes / 96, scores, labels

class Undefined(RedThing):
    '''NaN where a picture is white.'''

    def forward(self, batch):
        boxes, scores, labels = super().forward(batch)
        return boxes / (1 - batch.mean()).sign(), scores, labels
"""
INPUT = "input: {size: [96, 64], mean: 0, std: 1}"
MANIFEST = f"""\
version: 1
defaults: {{timeout: 60s}}
models:
  - id: ssdlite
    architecture: torchvision:ssdlite320_mobilenet_v3_large
    weights: random
    keywords: {{num_classes: 6}}
  - {{id: red, task: detection, architecture: "nets:RedThing", weights: random, {INPUT},
     labels: [nothing, thing], service: own}}
  - {{id: red-torch, like: red, engine: torch}}
  - {{id: red-int8, like: red, architecture: "nets:OfList", precision: int8}}
  - {{id: undefined, like: red, architecture: "nets:Undefined"}}
"""
MODELS = ("red", "red-torch", "red-int8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a manifest lies, with the user's module beside it."""
    made = tmp_path_factory.mktemp("detection")
    (made / "nets.py").write_text(NETS)
    (made / "models.yaml").write_text(MANIFEST)
    return made


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[stack.Stack]:
    with stack.running(folder / "models.yaml", folder / "state") as running:
        yield running


def encoded(image: Image.Image, **options: Any) -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def picture(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """A green picture with a red rectangle."""
    image = Image.new("RGB", size, (0, 200, 0))
    image.paste((255, 0, 0), box)
    return image


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1200, 200)])
def test_a_box_is_found_where_it_lies_in_the_picture(
    up: stack.Stack, model: str, size: tuple[int, int]
) -> None:
    width, height = size
    expected = (width // 4, height // 2, width // 2, height)
    answer = up.predict(model, encoded(picture(size, expected))).json()
    assert answer["image"] == {"width": width, "height": height}
    (found,) = answer["predictions"]
    assert (found["class_id"], found["label"]) == (1, "thing")
    assert found["score"] == pytest.approx(0.9, abs=0.02)
    pixel = max(width / 64, height / 96)  # of the input, in the picture
    assert list(found["box"].values()) == pytest.approx(list(expected), abs=1.5 * pixel)


def test_a_picture_that_lies_on_its_side_has_its_box_upright(up: stack.Stack) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    on_its_side = encoded(picture((600, 400), (0, 0, 150, 100)), exif=exif)
    answer = up.predict("red", on_its_side).json()
    assert answer["image"] == {"width": 400, "height": 600}
    box = answer["predictions"][0]["box"]
    assert list(box.values()) == pytest.approx([300, 0, 400, 150], abs=10)


def test_nothing_found_is_an_empty_list(up: stack.Stack) -> None:
    response = up.predict("red", encoded(Image.new("RGB", (64, 64))))
    assert response.status_code == 200
    assert response.json()["predictions"] == []


def test_what_is_no_number_is_the_pictures_own_problem(up: stack.Stack) -> None:
    response = up.predict("undefined", encoded(Image.new("RGB", (64, 96), "white")))
    assert response.status_code == 422
    assert "NaN or infinity" in response.json()["detail"]


def test_torchvisions_detector_is_what_its_registry_says(up: stack.Stack) -> None:
    about = {each["id"]: each for each in up.get("/models").json()["models"]}["ssdlite"]
    assert about["status"] == "ready"
    card = about["card"]
    assert card["task"] == "detection"
    assert (card["input"]["size"], card["input"]["fit"]) == ([320, 320], "squash")
    assert card["check"]["error"] <= card["check"]["tolerance"]
    assert up.predict("ssdlite").json()["predictions"] == []  # random weights find nothing
    some = up.predict("ssdlite", query="?threshold=0.01&top=7").json()
    assert len(some["predictions"]) == 7
    width, height = some["image"].values()
    for each in some["predictions"]:
        box = each["box"]
        assert 0 <= box["xmin"] < box["xmax"] <= width
        assert 0 <= box["ymin"] < box["ymax"] <= height


def test_a_variant_of_int8_says_how_far_it_agrees(up: stack.Stack) -> None:
    about = {each["id"]: each for each in up.get("/models").json()["models"]}["red-int8"]
    agreement = about["card"]["agreement"]
    assert agreement["measure"] == "F1 of the boxes, matched by class at IoU 0.5"
    assert 0 <= agreement["value"] <= 1


@pytest.mark.parametrize(
    ("query", "advice"),
    [("?threshold=50", "a number from 0 to 1"), ("?top=0", "a number from 1 to 1000")],
)
def test_what_a_request_asks_for_must_be_possible(up: stack.Stack, query: str, advice: str) -> None:
    response = up.predict("red", query=query)
    assert response.status_code == 400
    assert advice in response.json()["detail"]


@pytest.mark.parametrize(
    ("command", "fields", "expected"),
    [
        ("bake", 'architecture: "nets:Shares", task: detection', "shares of the input, not pixels"),
        ("bake", 'architecture: "nets:RedThing"', "It fits task: detection; write that"),
        ("check", 'architecture: "torchvision:resnet18", task: detection', "is for classification"),
        ("check", 'architecture: "torchvision:raft_small"', "is for how one picture moves"),
        ("check", 'architecture: "torchvision:fcos_resnet50_fpn", engine: torch', "write openvino"),
        ("check", 'architecture: "torchvision:fcos_resnet50_fpn", activation: none', "has none"),
    ],
)
def test_what_does_not_fit_is_told(folder: Path, command: str, fields: str, expected: str) -> None:
    manifest = folder / "other.yaml"
    manifest.write_text(
        f"version: 1\nmodels:\n  - {{id: net, weights: random, {INPUT}, {fields}}}\n"
    )
    options = [] if command == "check" else ["--state", str(folder / "other")]
    process = subprocess.run(
        [*stack.PASSERELLE, command, "-f", manifest, *options],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 1
    assert expected in " ".join((process.stdout + process.stderr).split())
