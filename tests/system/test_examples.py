"""Each example runs. v1: one model, no gateway. v2: several in one service. And torchvision's."""

import concurrent.futures
import io
import itertools
from pathlib import Path

import pytest
import requests
import torch
from PIL import Image

from passerelle.manifest import reading
from services.bake import architecture
from tests.support import stack
from tests.system.test_cli import passerelle
from tests.system.test_gateway import CATS

EXAMPLES = stack.ROOT / "examples"


def test_v1_serves_one_model_without_a_gateway_or_a_key(state: Path) -> None:
    with stack.running(EXAMPLES / "v1.yaml", state, "--no-gateway") as up:
        answer = requests.post(f"{up.url}/model/efficientnet-lite0/predict", stack.CAT, timeout=30)
        assert answer.json()["category"] in CATS
        assert "upstream" not in answer.headers["Server-Timing"]
        card = requests.get(f"{up.url}/model/efficientnet-lite0", timeout=10).json()
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
    torchvision = architecture.import_torchvision()
    torch.manual_seed(0)
    module = torchvision.models.get_model(name, weights=None)
    url = torchvision.models.get_model_weights(name).DEFAULT.url
    torch.save(module.state_dict(), folder / url.rpartition("/")[2])


def test_torchvisions_four_load_through_torchvisions_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    models = reading.read(EXAMPLES / "torchvision.yaml")
    for model in models:
        make_checkpoint(model.architecture.partition(":")[2], checkpoints)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with stack.running(EXAMPLES / "torchvision.yaml", tmp_path / "state") as up:
        assert up.statuses() == dict.fromkeys(
            ["resnet152", "convnext-base", "swin-b", "vgg16"], "ready"
        )
        crops = {}
        for each in up.get("/models").json()["models"]:
            card = each["card"]
            crops[each["id"]] = (card["input"]["resize"], card["input"]["size"])
            assert card["check"]["error"] <= card["check"]["tolerance"]
            assert card["classes"] == 1000
            answer = up.predict(each["id"], query="?top=1").json()
            assert answer["category"] == answer["predictions"][0]["label"]
        assert crops == {
            "resnet152": (232, 224), "convnext-base": (232, 224),
            "swin-b": (238, 224), "vgg16": (256, 224),
        }  # fmt: skip


def test_a_module_of_ones_own_is_baked_and_answers(tmp_path: Path) -> None:
    assert passerelle("init", str(tmp_path / "own"), "--example", "own").returncode == 0
    with stack.running(tmp_path / "own" / "models.yaml", tmp_path / "state") as up:
        for colour in ("red", "yellow", "blue"):
            picture = io.BytesIO()
            Image.new("RGB", (90, 60), colour).save(picture, "png")
            assert up.predict("colour", picture.getvalue()).json()["category"] == colour
