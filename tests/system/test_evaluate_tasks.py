"""`passerelle evaluate` of each task, on networks whose figures are known by hand."""

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
"""
INPUT = {"size": SIZE, "resize": SIZE, "mean": [0, 0, 0], "std": [1, 1, 1]}
ENTRIES: dict[str, dict[str, Any]] = {
    "classifier": {"architecture": "nets:Colour", "labels": ["red", "green", "blue"]},
    "embedder": {"architecture": "nets:Colour", "task": "embedding"},
    "embedder-bf16": {"like": "embedder", "precision": "bf16"},
}


def write(folder: Path, *ids: str) -> Path:
    """A manifest of some of the networks."""
    base = {"weights": "random", "input": INPUT}
    models = [
        {"id": each, **({} if "like" in ENTRIES[each] else base), **ENTRIES[each]} for each in ids
    ]
    (folder / "nets.py").write_text(NETS)
    path = folder / "models.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "models": models}))
    return path


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


def evaluate(folder: Path, *ids: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """What the command printed, and what is on the cards then."""
    manifest = write(folder.parent, *ids)
    state = folder.parent / "state"
    ended = passerelle("evaluate", "-f", str(manifest), "--state", str(state), str(folder))
    assert ended.returncode == 0, ended.stderr + ended.stdout
    cards = {}
    for model in reading.read(manifest):
        found = baking.find(model, state / "artifacts")
        assert found is not None
        cards[model.id] = card.read(found).evaluation or {}
    return ended.stdout, cards


def test_a_classifier_and_an_embedder_have_each_its_own_metric_and_table(folder: Path) -> None:
    """Three reds that are called so, of which one is dark green; and a blue that is green."""
    colours(folder, red="#f00", red_="#e11", red__="#030", green="#00f", green_="#0f0")
    printed, cards = evaluate(folder, *ENTRIES)
    assert (cards["classifier"]["top1"], cards["classifier"]["top5"]) == (0.6, 1.0)
    # The first two are nearest to each other, both greens too; the blue to the red with some blue.
    assert cards["embedder"]["recall1"] == 0.4
    assert "recall1" not in cards["classifier"]
    assert "top1" not in cards["embedder"]
    assert cards["embedder"]["labelled"] == 5
    agreement = cards["embedder-bf16"]["agreement"]
    assert 0.999 < agreement <= 1
    assert cards["embedder-bf16"]["agreement_with"] == "embedder"
    for words in ("top-1", "recall@1", "agrees: cosine similarity", "embedding: recall@1, %"):
        assert words in printed


def test_what_is_on_the_card_is_as_the_contract_says(folder: Path) -> None:
    colours(folder, red="#f00", green="#0f0")
    _, cards = evaluate(folder, "classifier", "embedder")
    contract = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())["components"]["schemas"]
    known = contract["Evaluation"]
    for evaluation in cards.values():
        assert set(known["required"]) <= set(evaluation)
        assert [each for each in known["properties"] if each in evaluation] == [*evaluation]


def test_classes_that_no_embedder_needs_to_know_are_told_by_a_classifier(folder: Path) -> None:
    colours(folder, Ada="#f00", Grace="#0f0")
    _, cards = evaluate(folder, "embedder")
    assert cards["embedder"]["recall1"] is None  # each is alone in its class
    manifest = write(folder.parent, "classifier")
    shown = passerelle(
        "evaluate", "-f", str(manifest), "--state", str(folder / "state"), str(folder)
    )
    assert shown.returncode == 1
    assert "'Ada' is no class of classifier" in shown.stderr
