"""What `evaluate` says of a variant is what the answers of both services say of each other.

One of them is of a bake from before labels were hashed, which is served and compared as any.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import yaml
from PIL import Image

from passerelle import agreement
from passerelle.artifact import card, labels
from passerelle.local import baking
from passerelle.manifest import reading
from passerelle.manifest.model import Model
from tests import conftest
from tests.support import processes, stack
from tests.system.test_cli import passerelle

FULL, INT8 = "efficientnet-lite0", "efficientnet-lite0-int8"
COUNT = 30  # pictures

Folders = Mapping[str, Path]  # of the two models' artifacts


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Crops of the photographs that a bake has, each another part of one."""
    made, draw = tmp_path_factory.mktemp("pictures"), np.random.default_rng(17)
    photographs = [Image.open(each).convert("RGB") for each in sorted(stack.PICTURES.iterdir())
                   if each.suffix in {".jpg", ".png"}]  # fmt: skip
    for number in range(COUNT):
        whole = photographs[number % len(photographs)]
        side = int(draw.integers(60, min(whole.size)))
        left, top = (int(draw.integers(0, length - side + 1)) for length in whole.size)
        whole.crop((left, top, left + side, top + side)).save(made / f"{number:02}.png")
    return sorted(made.iterdir())


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default manifest's model and its int8, and copies of their artifacts beside it."""
    made = tmp_path_factory.mktemp("agreement") / "models.yaml"
    document = yaml.safe_load((stack.ROOT / "models.yaml").read_text())
    made.write_text(yaml.safe_dump(document | {"models": document["models"][:2]}))
    for model in reading.read(made):
        folder = artifact(model, conftest.shared_artifacts())
        shutil.copytree(folder, made.parent / "state" / "artifacts" / folder.name)
    return made


@pytest.fixture
def folders(manifest: Path) -> Folders:
    store = manifest.parent / "state" / "artifacts"
    return {each.id: artifact(each, store) for each in reading.read(manifest)}


def artifact(model: Model, store: Path) -> Path:
    """The artifact of a model, baked before."""
    folder = baking.find(model, store)
    assert folder
    return folder


def from_before(folder: Path, copy: Path) -> Path:
    """The same artifact as it was baked before labels were hashed."""
    shutil.copytree(folder, copy)
    fields = json.loads((copy / card.FILE).read_text())
    del fields["labels_sha256"]
    (copy / card.FILE).write_text(json.dumps(fields | {"contract": "1.4"}))
    return copy


def answers(folder: Path, model_id: str, pictures: list[Path]) -> list[Any]:
    """What a service of its own answers to each picture, and to all of them at once."""
    at = f"127.0.0.1:{stack.free_port()}"
    url = f"http://{at}/model/{model_id}/predict"
    with processes.service(folder, at), requests.Session() as session:
        stack.wait_for(lambda: processes.answers(f"http://{at}/health/ready"), 60)
        about = session.get(f"http://{at}/model/{model_id}", timeout=10).json()
        fields = json.loads((folder / card.FILE).read_text())
        assert about["labels_sha256"] == fields.get("labels_sha256", "")
        assert about["contract"] == fields["contract"]
        bodies = [each.read_bytes() for each in pictures]
        answered = [session.post(url, data=each, timeout=30) for each in bodies]
        files = [("image", (each.name, each.read_bytes())) for each in pictures[:4]]
        answered.append(session.post(url, files=files, timeout=30))
    assert {each.status_code for each in answered} == {200}
    found = [agreement.read(each.headers["Content-Type"], each.content) for each in answered]
    assert None not in found
    return found


def test_evaluate_says_of_int8_what_the_services_answers_say(
    manifest: Path, folders: Folders, pictures: list[Path], tmp_path: Path
) -> None:
    state = manifest.parent / "state"
    run = passerelle("evaluate", "-f", str(manifest), "--state", str(state), "--no-plot",
                     str(pictures[0].parent))  # fmt: skip
    assert run.returncode == 0, run.stderr + run.stdout
    evaluation = card.read(folders[INT8]).evaluation
    assert evaluation
    one = answers(from_before(folders[FULL], tmp_path / "old"), FULL, pictures)
    other = answers(folders[INT8], INT8, pictures)
    found = [agreement.of_answers("classification", *pair) for pair in zip(one, other, strict=True)]
    *alone, together = [each for each in found if each is not None]
    assert len(alone) == evaluation["pictures"] == COUNT
    assert round(sum(alone) / COUNT, 4) == evaluation["agreement"]
    assert 0.5 < evaluation["agreement"] < 1  # so that it is of something
    assert together == sum(alone[:4]) / 4
    summary = agreement.summary("classification", one[0])
    assert summary.startswith(one[0]["category"])


def test_both_cards_tell_that_their_labels_are_the_same(folders: Folders) -> None:
    found = {card.read(each).labels_sha256 for each in folders.values()}
    assert found == {labels.sha256(labels.read(folders[FULL]))} != {""}
