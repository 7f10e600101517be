"""`passerelle evaluate` of each task, on networks whose figures are known by hand."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from passerelle.artifact import card
from passerelle.local import baking
from passerelle.manifest import reading
from tests.support import stack
from tests.system.test_cli import passerelle

CONTRACT = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())["components"]["schemas"]
SIZE = 32  # pixels of a side, of pictures and of inputs
NETS = """\
import torch

class Colour(torch.nn.Module):
    '''The mean of each channel: the strongest colour's class, or three numbers.'''
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(20.0))

    def forward(self, x):
        return self.scale * x.mean((2, 3))

class Strongest(Colour):
    '''The strongest colour of each pixel.'''
    def forward(self, x):
        return self.scale * x

class Bright(torch.nn.Module):
    '''The box around all bright pixels, of class 1.'''
    def __init__(self):
        super().__init__()
        self.least = torch.nn.Parameter(torch.tensor(0.5))

    def edges(self, line):
        places = torch.arange(line.shape[0])
        first = torch.where(line, places, line.shape[0]).amin()
        return first, torch.where(line, places + 1, 0).amax()

    def forward(self, x):
        bright = x.amax((0, 1)) > self.least
        (left, right), (top, bottom) = self.edges(bright.any(0)), self.edges(bright.any(1))
        return {
            "boxes": torch.stack([left, top, right, bottom]).float()[None],
            "scores": 0.5 + x.mean()[None] / 2,
            "labels": torch.ones(1, dtype=torch.int64),
        }
"""
INPUT = {"size": SIZE, "fit": "squash", "mean": [0, 0, 0], "std": [1, 1, 1]}
ENTRIES: dict[str, dict[str, Any]] = {
    "classifier": {"architecture": "nets:Colour", "labels": ["red", "green", "blue"]},
    "embedder": {"architecture": "nets:Colour", "task": "embedding"},
    "detector": {
        "architecture": "nets:Bright", "task": "detection", "labels": ["shade", "light", "sun"],
    },
    "segmenter": {
        "architecture": "nets:Strongest", "task": "segmentation",
        "labels": ["red", "green", "blue"],
    },
    "segmenter-bf16": {"like": "segmenter", "precision": "bf16"},
    "embedder-bf16": {"like": "embedder", "precision": "bf16"},
}  # fmt: skip
COLOURS = ("classifier", "embedder", "embedder-bf16")


def write(folder: Path, *ids: str) -> Path:
    """A manifest of some of the networks."""
    base = {"weights": "random", "input": INPUT}
    models = [
        {"id": each, **({} if "like" in ENTRIES[each] else base), **ENTRIES[each]} for each in ids
    ]
    path = folder / "models.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "models": models}))
    return path


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the networks lie, and their bakes, which all tests here share."""
    made = tmp_path_factory.mktemp("tasks")
    (made / "nets.py").write_text(NETS)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for pictures."""
    made = tmp_path / "pictures"
    made.mkdir()
    return made


def colours(folder: Path, **several: str) -> None:
    """Pictures of one colour each, with what labels.csv says of them."""
    for number, colour in enumerate(several.values()):
        Image.new("RGB", (SIZE, SIZE), colour).save(folder / f"{number}.png")
    rows = [f"{number}.png,{label.strip('_')}" for number, label in enumerate(several)]
    (folder / "labels.csv").write_text("\n".join(["file,label", *rows]) + "\n")


def run(root: Path, folder: Path, *ids: str) -> "subprocess.CompletedProcess[str]":
    """The command, on some of the networks."""
    manifest, state = write(root, *ids), str(root / "state")
    return passerelle("evaluate", "-f", str(manifest), "--state", state, "--no-plot", str(folder))


def evaluate(root: Path, folder: Path, *ids: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """What the command printed, and what is on the cards then."""
    ended = run(root, folder, *ids)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    cards = {}
    for model in reading.read(root / "models.yaml"):
        found = baking.find(model, root / "state" / "artifacts")
        assert found is not None
        cards[model.id] = card.read(found).evaluation or {}
    return ended.stdout, cards


def test_a_classifier_and_an_embedder_have_each_its_own_metric_and_table(
    root: Path, folder: Path
) -> None:
    """Three reds that are called so, of which one is dark green; and a blue that is green."""
    colours(folder, red="#f00", red_="#e11", red__="#030", green="#00f", green_="#0f0")
    printed, cards = evaluate(root, folder, *COLOURS)
    assert (cards["classifier"]["top1"], cards["classifier"]["top5"]) == (0.6, 1.0)
    # The first two are nearest to each other, both greens too; the blue to the red with some blue.
    assert cards["embedder"]["recall1"] == 0.4
    assert "recall1" not in cards["classifier"]
    assert "top1" not in cards["embedder"]
    assert cards["embedder"]["labelled"] == 5
    agreement = cards["embedder-bf16"]["agreement"]
    assert 0.999 < agreement <= 1
    assert cards["embedder-bf16"]["agreement_with"] == "embedder"
    for words in ("top-1", "recall@1", "agrees: cosine similarity"):
        assert words in printed
    known = CONTRACT["Evaluation"]
    for evaluation in cards.values():
        assert set(known["required"]) <= set(evaluation)
        assert [each for each in known["properties"] if each in evaluation] == [*evaluation]


def rectangles(folder: Path, *boxes: tuple[int, int, int, int]) -> None:
    """Pictures of twice the inputs' size, each with one bright rectangle on black."""
    for number, box in enumerate(boxes):
        picture = Image.new("RGB", (2 * SIZE, 2 * SIZE))
        picture.paste("white", box)
        picture.save(folder / f"{number}.png")


def coco(folder: Path, category: str, *boxes: list[float] | None) -> None:
    """A COCO file of one box for each picture, where it has one: left, top, width, height."""
    images = [
        {"id": n, "file_name": f"{n}.png", "width": 2 * SIZE, "height": 2 * SIZE}
        for n, _ in enumerate(boxes)
    ]
    annotations = [
        {"id": n + 1, "image_id": n, "category_id": 9, "bbox": box, "iscrowd": 0}
        for n, box in enumerate(boxes)
        if box
    ]
    categories = [{"id": 9, "name": category}, {"id": 4, "name": "moon"}]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(document))


def test_a_detector_is_measured_on_boxes_in_the_pictures_own_pixels(
    root: Path, folder: Path
) -> None:
    rectangles(folder, (0, 0, 32, 48), (16, 8, 48, 40))  # the first is the surer one
    coco(folder, "Light", [0, 0, 32, 48], [16, 8, 32, 32])
    printed, cards = evaluate(root, folder, "detector")
    assert (cards["detector"]["map"], cards["detector"]["map50"]) == (1.0, 1.0)
    assert cards["detector"]["labelled"] == 2
    assert "detector: 1 of 2 categories found by name; left out: moon" in printed
    # The second picture's box is now another one's: half of what there is, is found.
    coco(folder, "light", [0, 0, 32, 48], [0, 40, 16, 16])
    _, cards = evaluate(root, folder, "detector")
    assert cards["detector"]["map"] == cards["detector"]["map50"] == round(51 / 101, 4)
    coco(folder, "sun", [0, 0, 32, 32], None)
    _, cards = evaluate(root, folder, "detector")
    assert (cards["detector"]["map"], cards["detector"]["labelled"]) == (0.0, 2)


def test_a_segmenter_is_measured_on_masks_in_the_pictures_own_pixels(
    root: Path, folder: Path
) -> None:
    """Each picture is red on the left and blue on the right; a quarter of a mask is green."""
    (folder / "masks").mkdir()
    red, blue, half = (0, 0, SIZE, 2 * SIZE), (SIZE, 0, 2 * SIZE, 2 * SIZE), (SIZE, SIZE)
    for name, quarter in (("a", 2), ("b", 1)):
        picture, mask = Image.new("RGB", (2 * SIZE, 2 * SIZE)), Image.new("P", (2 * SIZE, 2 * SIZE))
        picture.paste("red", red)
        picture.paste("blue", blue)
        picture.save(folder / f"{name}.png")
        mask.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
        mask.paste(2, blue)
        mask.paste(quarter, (*half, 2 * SIZE, 2 * SIZE))
        mask.save(folder / "masks" / f"{name}.png")
    printed, cards = evaluate(root, folder, "segmenter", "segmenter-bf16")
    # Red is found wholly, green nowhere, and of the blue that either has three quarters of it.
    assert cards["segmenter"]["miou"] == round((1 + 0 + 3 / 4) / 3, 4)
    assert (cards["segmenter"]["pictures"], cards["segmenter"]["labelled"]) == (2, 2)
    assert cards["segmenter-bf16"]["agreement"] == 1.0
    assert "mIoU" in printed
    assert "agrees: mean IoU of the classes" in printed


def test_classes_that_no_embedder_needs_to_know_are_told_by_a_classifier(
    root: Path, folder: Path
) -> None:
    colours(folder, Ada="#f00", Grace="#0f0")
    _, cards = evaluate(root, folder, "embedder")
    assert cards["embedder"]["recall1"] is None  # each is alone in its class
    shown = run(root, folder, "classifier")
    assert shown.returncode == 1
    assert "'Ada' is no class of classifier" in shown.stderr
