"""What networks give out, as a person meets it: baked from a manifest, asked over HTTP."""

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support import stack

NETS = """\
import math
import typing
import torch

class Base(torch.nn.Module):
    '''Logits by the picture's brightness: the first class is for bright pictures.'''
    def __init__(self, classes=3):
        super().__init__()
        self.classes = classes
        self.weight = torch.nn.Parameter(torch.linspace(4, -4, classes))

    def logits(self, x):
        return torch.nn.functional.linear(x.mean((1, 2, 3))[:, None], self.weight[:, None])

    def forward(self, x):
        return self.logits(x)

class Softmax(Base):
    def forward(self, x):
        return self.logits(x).softmax(1)

class Sigmoid(Base):
    def forward(self, x):
        return self.logits(x).sigmoid()

class Squeezed(Base):
    def forward(self, x):
        return self.logits(x).sigmoid().squeeze()

class Result(typing.NamedTuple):
    features: torch.Tensor
    logits: torch.Tensor

class Named(Base):
    def forward(self, x):
        return Result(x.flatten(2), self.logits(x))

class Pair(Base):
    def forward(self, x):
        return {"main": self.logits(x), "aux": -self.logits(x)}

class Masked(Base):
    def forward(self, x):
        return self.logits(x) + torch.tensor([[0.0, -math.inf, 0.0]])

class Contrast(Base):
    '''Divides by the picture's range, which is nought for a plain one.'''
    def forward(self, x):
        low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
        return self.logits((x - low) / (high - low))

class Tanh(Base):
    def forward(self, x):
        return self.logits(x).tanh()

class Wrong(Base):
    def forward(self, x):
        return self.logits(x) @ torch.zeros(7, 2)
"""
ENTRY = "  - {{id: {0}, architecture: 'nets:{1}', weights: random, {2}input: {3}}}\n"
INPUT = "{size: 32, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}"


def entry(model_id: str, network: str, fields: str = "") -> str:
    return ENTRY.format(model_id, network, fields and f"{fields}, ", INPUT)


SERVED = (
    entry("logits", "Base")
    + entry("softmax", "Softmax")
    + entry("sigmoid", "Sigmoid")
    + entry("single", "Squeezed", "arguments: [1], labels: [bright]")
    + entry("written", "Base", "arguments: [1], activation: sigmoid, labels: [bright]")
    + entry("raw", "Base", "arguments: [1], activation: none, engine: torch")
    + entry("named", "Named")
    + entry("aux", "Pair", "output: aux")
    + entry("masked", "Masked")
    + entry("contrast", "Contrast")
).replace("input:", "service: zoo, input:")


def write(folder: Path, entries: str) -> Path:
    (folder / "nets.py").write_text(NETS)
    path = folder / "models.yaml"
    path.write_text(f"version: 1\nmodels:\n{entries}")
    return path


def png(value: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (40, 40), value).convert("RGB").save(out, "PNG")
    return out.getvalue()


WHITE, GREY, BLACK = (png(each) for each in (255, 153, 0))  # 1, 0.2 and -1 to the networks


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("outputs")
    with stack.running(write(folder, SERVED), folder / "state", "--no-page") as running:
        yield running


def scores(up: stack.Stack, model: str, picture: bytes) -> dict[str, float]:
    answer = up.predict(model, picture)
    assert answer.status_code == 200, answer.text
    return {each["label"]: each["score"] for each in answer.json()["predictions"]}


def card(up: stack.Stack, model: str) -> dict[str, Any]:
    found: dict[str, Any] = up.get(f"/models/{model}").json()["card"]
    return found


@pytest.mark.parametrize(
    ("model", "activation", "found", "white"),
    [
        ("logits", "softmax", "the output: logits", {"0": 0.981693, "1": 0.017980, "2": 0.000329}),
        ("softmax", "none", "the output: it sums to one", {"0": 0.981693, "1": 0.01798}),
        ("sigmoid", "none", "the output: made by a sigmoid", {"0": 0.982014, "1": 0.5}),
        ("single", "none", "the output: made by a sigmoid", {"bright": 0.982014}),
        ("written", "sigmoid", "the manifest", {"bright": 0.982014}),
        ("raw", "none", "the manifest", {"0": 4.0}),
        ("named", "softmax", "the output: logits", {"0": 0.981693}),
        ("aux", "softmax", "the output: logits", {"2": 0.981693}),
        ("masked", "softmax", "the output: logits", {"0": 0.999665, "2": 0.000335, "1": 0.0}),
    ],
)
def test_scores_are_those_that_the_network_means(
    model: str, activation: str, found: str, white: dict[str, float], up: stack.Stack
) -> None:
    given = scores(up, model, WHITE)
    assert {label: given[label] for label in white} == pytest.approx(white, abs=2e-4)
    assert (card(up, model)["activation"], card(up, model)["activation_from"]) == (
        activation, found,
    )  # fmt: skip


def test_a_single_score_follows_the_picture(up: stack.Stack) -> None:
    given = [scores(up, "single", each)["bright"] for each in (WHITE, GREY, BLACK)]
    assert given == pytest.approx([0.982, 0.690, 0.018], abs=1e-3)
    assert up.predict("single", BLACK).json()["category"] == "bright"
    assert up.predict("single", BLACK, "?top=2").status_code == 400


def test_the_output_that_counts_is_on_the_card(up: stack.Stack) -> None:
    found = {each: card(up, each)["output"] for each in ("logits", "named", "aux")}
    assert found == {"logits": None, "named": "logits", "aux": "aux"}
    assert card(up, "single")["multi_label"]
    assert not card(up, "softmax")["multi_label"]


def test_a_picture_without_numbers_is_its_own_problem_and_is_counted(up: stack.Stack) -> None:
    before = up.get("/models/contrast").json()["non_finite"]
    for _ in range(3):
        refused = up.predict("contrast", BLACK)
        assert refused.status_code == 422
        assert "aren't numbers (NaN or infinity) for this picture" in refused.json()["detail"]
    assert scores(up, "contrast", stack.CAT)
    stack.wait_for(lambda: up.get("/models/contrast").json()["non_finite"] == before + 3, 10)
    found = up.get("/models/contrast").json()
    assert (found["status"], found["replicas"]) == ("ready", {"ready": 1, "known": 1, "ejected": 0})
    history = {each["id"]: each for each in up.get("/history").json()["models"]}
    assert history["contrast"]["non_finite"] == before + 3
    assert history["logits"]["non_finite"] == 0
    listed = passerelle("models", "--url", up.url, "--key", up.key).stdout
    assert f"{before + 3} pictures gave" in listed


def passerelle(*words: str, cwd: Path = stack.ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*stack.PASSERELLE, *words], cwd=cwd, capture_output=True, text=True, timeout=300,
        env=None, check=False,
    )  # fmt: skip


def test_what_stays_in_doubt_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    wanted = {
        "single": ("Base", "arguments: [1]", "write activation: sigmoid"),
        "always": ("Softmax", "arguments: [1]", "softmax of one value is always 1"),
        "tanh": ("Tanh", "", "activation: softmax"),
        "pair": ("Pair", "", "output: main or output: aux"),
        "wrong": ("Wrong", "", "RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
        "nothing": ("Pair", "output: logits", "has no output 'logits'"),
    }
    text = "".join(entry(each, net, fields) for each, (net, fields, _) in wanted.items())
    path = write(tmp_path, text)
    done = passerelle("bake", "-f", str(path), "--state", str(tmp_path / "state"))
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    for model, (_, _, sentence) in wanted.items():
        assert sentence.lower() in told.lower(), model
    assert "unforeseen" not in told
    assert "engine:" not in told
    assert not [*(tmp_path / "state").rglob("card.json")]


def test_json_on_the_way_is_strict(up: stack.Stack) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    for path in ("/models", "/history", "/models/contrast"):
        json.loads(up.get(path).text, parse_constant=refuse)
