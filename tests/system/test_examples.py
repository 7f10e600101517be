"""Each example runs. v1: one model, no gateway. v2: several in one service. And torchvision's."""

import concurrent.futures
import itertools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import torch
from PIL import Image

from passerelle.client import answers
from passerelle.manifest import reading
from services.bake import architecture, torchvision_models, torchvision_operators
from tests.support import marked_pictures, onnx_files, stack
from tests.system.test_gateway import CATS

EXAMPLES = stack.ROOT / "examples"


def test_v1_serves_one_model_without_a_gateway_or_a_key(state: Path) -> None:
    with stack.running(EXAMPLES / "v1.yaml", state, "--no-gateway") as up, up.client("") as client:
        reply = client.predict("efficientnet-lite0", stack.CAT, expect=answers.Classification)
        assert reply.answer.category in CATS
        assert "upstream" not in reply.server_timing
        card = client.request("GET", "/model/efficientnet-lite0").document
        assert (card["status"], card["classes"]) == ("ready", 1000)
        assert requests.get(f"{up.url}/health/ready", timeout=10).ok
        assert requests.get(f"{up.url}/model/other", timeout=10).status_code == 404
        assert "curl --data-binary" in up.printed


def test_v2_never_gives_one_models_answer_for_the_other(state: Path) -> None:
    ids = [model.id for model in reading.read(EXAMPLES / "v2.yaml")]
    pictures = [path.read_bytes() for path in sorted(stack.PICTURES.glob("*.*g"))]
    with stack.running(EXAMPLES / "v2.yaml", state) as up:
        assert len(stack.descendants(up.process.pid)) == 6  # page, gateway, one service: each two
        cases = list(itertools.product(ids, range(len(pictures))))
        expected = {(m, n): up.predict(m, pictures[n]).json()["predictions"] for m, n in cases}
        assert len({str(answer) for answer in expected.values()}) == len(cases)

        def ask(case: tuple[str, int]) -> bool:
            answer = up.predict(case[0], pictures[case[1]]).json()
            return bool(answer["model"] == case[0] and answer["predictions"] == expected[case])

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            right = list(pool.map(ask, cases * 50))
        assert len(right) == 300
        assert all(right)


def make_checkpoint(name: str, folder: Path) -> None:
    """A checkpoint of random weights, where torchvision's own loading looks for the real one."""
    torchvision = torchvision_operators.import_torchvision()
    torch.manual_seed(0)
    module = torchvision.models.get_model(name, weights=None)
    url = torchvision.models.get_model_weights(name).DEFAULT.url
    torch.save(module.state_dict(), folder / url.rpartition("/")[2])


# The example's own four have 1.5 GB of weights; two of the smallest take the same way.
SMALL = """\
version: 1
models:
  - {id: convolutions, architecture: "torchvision:resnet18", weights: "torchvision:DEFAULT"}
  - {id: attention, architecture: "torchvision:swin_t", weights: "torchvision:DEFAULT"}
"""


def test_torchvisions_models_load_through_torchvisions_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name in ("resnet18", "swin_t"):
        make_checkpoint(name, checkpoints)
    (tmp_path / "models.yaml").write_text(SMALL)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with stack.running(tmp_path / "models.yaml", tmp_path / "state") as up:
        listed = up.get("/models").json()["models"]
        assert [each["id"] for each in listed] == ["convolutions", "attention"]
        for each in listed:
            assert each["status"] == "ready"
            card = each["card"]
            assert card["check"]["error"] <= card["check"]["tolerance"]
            assert card["classes"] == 1000
            answer = up.predict(each["id"], query="?top=1").json()
            assert answer["category"] == answer["predictions"][0]["label"]


def test_torchvisions_models_are_cropped_as_their_weights_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torchvision_models, "make", lambda *_: torch.nn.Identity())
    crops = {}
    for model in reading.read(EXAMPLES / "torchvision.yaml"):
        name = model.architecture.partition(":")[2]
        made = architecture.from_torchvision(model.recipe, name)
        crops[model.id] = (made.input.resize, *made.input.size)
        assert len(made.labels or ()) == 1000
    assert crops == {
        "resnet152": (232, 224, 224), "convnext-base": (232, 224, 224),
        "swin-b": (238, 224, 224), "vgg16": (256, 224, 224),
    }  # fmt: skip


def found(answer: answers.Detection) -> Any:
    """The boxes of an answer, (n, 4)."""
    edges = [each.box for each in answer.predictions]
    rows = [(each.xmin, each.ymin, each.xmax, each.ymax) for each in edges]
    return np.array(rows, float).reshape(-1, 4)


def ious(one: Any, other: Any) -> Any:
    """Intersection over union of each box of one list (n, 4) and each of another: (n, m)."""
    near = np.maximum(one[:, np.newaxis, :2], other[:, :2])
    far = np.minimum(one[:, np.newaxis, 2:], other[:, 2:])
    shared = np.clip(far - near, 0, None).prod(2)
    first, second = ((each[:, 2:] - each[:, :2]).prod(1) for each in (one, other))
    return shared / (first[:, np.newaxis] + second - shared)


def test_text_that_was_drawn_into_photographs_is_found_where_it_is(tmp_path: Path) -> None:
    manifest = EXAMPLES / "text" / "models.yaml"
    with stack.running(manifest, tmp_path, "--no-gateway") as up, up.client("") as client:
        for name in marked_pictures.TEXTS:
            image, truth = marked_pictures.with_text(name)
            answer = client.predict("text", image, expect=answers.Detection).answer
            assert {each.label for each in answer.predictions} == {"text"}
            overlaps = ious(truth, found(answer))
            assert (overlaps.max(1) > 0.6).all(), overlaps
            assert (overlaps.max(0) > 0.6).all(), overlaps  # and nothing else


def crops(name: str) -> list[Image.Image]:
    """Parts of a photograph, which overlap."""
    image = Image.open(stack.PICTURES / name).convert("RGB")
    width, height = image.size
    corners = ((0, 0), (width // 5, height // 5), (width // 5, 0))
    return [image.crop((x, y, x + width * 4 // 5, y + height * 4 // 5)) for x, y in corners]


def test_crops_of_one_photograph_are_nearer_to_each_other_than_to_others(tmp_path: Path) -> None:
    names = ("chelsea.png", "coffee.png", "rocket.jpg")
    pictures = [picture for name in names for picture in crops(name)]
    manifest = EXAMPLES / "embedding.yaml"
    with stack.running(manifest, tmp_path, "--no-gateway") as up, up.client("") as client:
        rows = np.array([
            client.predict("embedder", each, expect=answers.Embedding).answer.array()
            for each in pictures
        ])  # fmt: skip
    assert rows.shape == (9, 1280)
    vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    near = vectors @ vectors.T
    same = np.kron(np.eye(len(names)), np.ones((3, 3))).astype(bool)
    assert near[same].min() > near[~same].max() + 0.1, near


def test_a_yolo_files_boxes_are_decoded_where_its_squares_are(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "yolo", tmp_path / "yolo")
    onnx_files.squares(tmp_path / "yolo" / "yolo.onnx")
    image = Image.new("RGB", (600, 300), "grey")
    truth = {"red": (100, 50, 220, 170), "blue": (400, 120, 500, 220)}
    for colour, box in truth.items():
        image.paste(colour, box)
    manifest = tmp_path / "yolo" / "models.yaml"
    with (
        stack.running(manifest, tmp_path / "state", "--no-gateway") as up,
        up.client("") as client,
    ):
        answer = client.predict("yolo", image, expect=answers.Detection).answer
        card = client.request("GET", "/model/yolo").document
    labels = [each.label for each in answer.predictions]
    assert sorted(labels) == sorted(truth)  # each once, though the network gives each three times
    expected = np.array([truth[label] for label in labels], float)
    assert ious(expected, found(answer)).diagonal() == pytest.approx(1, abs=0.1)
    assert (card["handler"], card["labels"]) == ("decode:Yolo", "the ONNX file's metadata")
