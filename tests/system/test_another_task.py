"""A task that the house doesn't have, added as anybody would: one file, and its line in a table."""

import contextlib
import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import processes, small_net, stack

TASK = '''\
"""Brightness: how bright a model finds a picture."""

import dataclasses

from services.model.tasks import number_text, outputs
from services.model.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Brightness(Task):
    """One number, 0..1."""

    name = "brightness"
    agreement_is = "one less the difference"

    @classmethod
    def of(cls, card, names):
        return cls()

    @classmethod
    def choose(cls, given, wanted=None):
        return {"mean": outputs.only(given, wanted, lambda each: each.size == 1, "one number")}

    def options(self, query):
        return None

    def answer(self, given, placement, options):
        return {"brightness": self.decision(given, placement)}

    def decision(self, given, placement):
        return round(float(number_text.finite(given["mean"]).reshape(-1)[0]), 3)

    def agreement(self, expected, given):
        return max(1 - abs(expected - given), 0.0)
'''
NET = """\
import torch

class Mean(torch.nn.Module):
    def forward(self, batch):
        return batch.mean()

class Map(torch.nn.Module):
    def forward(self, batch):
        return batch
"""
MANIFEST = """\
version: 1
models:
  - id: light
    task: brightness
    architecture: nets:Mean
    weights: random
    input: {size: 32, mean: 0, std: 1}
  - id: light-bf16
    like: light
    precision: bf16
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code with the file of the task in it, and its line in either table."""
    names = [('"tensor"]', '"tensor", "brightness"]')]
    folder = processes.copy_code(tmp_path_factory.mktemp("code"), passerelle__protocol__tasks=names)
    table = folder / "services/model/tasks/__init__.py"
    text = table.read_text()
    line = "from services.model.tasks.brightness import Brightness\n"
    assert text.count("RawTensors)") == 1
    table.write_text(
        text.replace("RawTensors)", "RawTensors, Brightness)").replace("TASKS:", f"{line}TASKS:")
    )
    (folder / "services/model/tasks/brightness.py").write_text(TASK)
    (folder / "nets.py").write_text(NET)
    return folder


def passerelle(code: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "passerelle", *words], capture_output=True, text=True, check=False,
        cwd=code, timeout=120,
    )  # fmt: skip


def predict(running: stack.Stack, picture: str) -> bytes:
    """An answer as it comes, unseen by the contract's judge, who doesn't know this task."""
    body = (stack.PICTURES / picture).read_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/model/light/predict", body, {"X-API-Key": running.key})
        return connection.getresponse().read()


def test_it_is_baked_judged_served_and_answered(code: Path) -> None:
    manifest = small_net.write(code, MANIFEST)
    with stack.running(manifest, code / "state", "--no-page", root=code) as running:
        for picture, expected in (("chelsea.png", 0.44), ("coffee.png", 0.4)):
            answer = json.loads(predict(running, picture))
            assert [*answer] == ["model", "task", "brightness", "request_id"]
            assert answer["task"] == "brightness"
            assert answer["brightness"] == pytest.approx(expected, abs=0.1)
    (lowered,) = (code / "state/artifacts").glob("light-bf16-*")
    card = json.loads((lowered / "card.json").read_text())
    assert (card["task"], card["classes"]) == ("brightness", 0)
    assert card["agreement"]["measure"] == "one less the difference"
    assert card["agreement"]["value"] > 0.98


def test_outputs_that_do_not_fit_it_are_told_in_its_words(code: Path) -> None:
    wrong = code / "wrong.yaml"
    wrong.write_text(MANIFEST.replace("nets:Mean", "nets:Map"))
    done = passerelle(code, "bake", "-f", str(wrong), "--state", str(code / "state"), "light")
    told = " ".join((done.stdout + done.stderr).split())
    assert "light gives (1, 3, 32, 32), not one number." in told
