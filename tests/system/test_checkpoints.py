"""Checkpoints as training scripts save them answer alike, and what is unclear is refused."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from tests.support import stack
from tests.support.stack import ROOT, Stack

NETS = '''\
import torch


class Net(torch.nn.Module):
    """A small classifier with running values."""

    def __init__(self, classes=4):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3)
        self.patch = torch.nn.Conv2d(3, classes, 8, stride=8)

    def forward(self, x):
        return 20 * self.patch(self.norm(x)).mean((2, 3))
'''
Saved = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a person keeps a network and what was trained of it."""
    made = tmp_path_factory.mktemp("checkpoints")
    (made / "nets.py").write_text(NETS)
    return made


@pytest.fixture(scope="module")
def net(folder: Path) -> Iterator[torch.nn.Module]:
    sys.path.insert(0, str(folder))
    sys.modules.pop("nets", None)
    import nets  # type: ignore[import-not-found]  # just written

    torch.manual_seed(5)
    made: torch.nn.Module = nets.Net().eval()
    made.get_buffer("norm.running_mean").uniform_(-1, 1)
    yield made
    sys.path.remove(str(folder))
    sys.modules.pop("nets", None)


def save_all(folder: Path, net: torch.nn.Module) -> dict[str, str]:
    """The same weights in many kinds of file; the weights' source of each, by an id."""
    state = net.state_dict()
    by_prefix = {f"module.{name}": each for name, each in state.items()}
    compiled = {f"model._orig_mod.{name}": each for name, each in state.items()}
    contents: Saved = {
        "plain": state,
        "trainer": {"state_dict": None, "model": state, "epoch": 3, "optimizer": {"lr": 0.1}},
        "lightning": {"state_dict": compiled, "pytorch-lightning_version": "2"},
        "nested": {"checkpoint": {"net": net, "args": Path("x")}},
    }
    for name, content in contents.items():
        torch.save(content, folder / f"{name}.pth")
    safetensors.torch.save_file(state, folder / "tensors.safetensors")
    with warnings.catch_warnings(action="ignore"):  # torch.jit is deprecated; its files remain
        torch.jit.save(torch.jit.script(net), folder / "script.pth")
    torch.save({"model": {k: -v for k, v in state.items()}, "ema": by_prefix}, folder / "ema.pth")
    sources = {name: f"file:{name}.pth" for name in (*contents, "script")}
    return sources | {"tensors": "file:tensors.safetensors"}


def manifest(folder: Path, weights: Saved) -> Path:
    path = folder / "models.yaml"
    base = {"architecture": "nets:Net", "input": {"size": 32}, "service": "nets"}
    models = [base | {"id": name, "weights": each} for name, each in weights.items()]
    path.write_text(json.dumps({"version": 1, "models": models}))
    return path


@pytest.fixture(scope="module")
def running(folder: Path, net: torch.nn.Module) -> Iterator[Stack]:
    weights: Saved = dict(save_all(folder, net))
    weights["ema"] = {"file": "ema.pth", "key": "ema", "strip": "module."}
    with stack.running(manifest(folder, weights), folder / "state") as made:
        yield made


def test_the_same_weights_answer_alike_however_they_were_saved(running: Stack) -> None:
    answers = {name: running.predict(name).json()["predictions"] for name in running.statuses()}
    assert len(answers) == 7
    assert all(each == answers["plain"] for each in answers.values()), answers
    assert len({each["score"] for each in answers["plain"]}) == 4


def test_the_card_says_what_was_taken(running: Stack) -> None:
    def loaded(name: str) -> Any:
        return running.get(f"/models/{name}").json()["card"]["weights"]["loaded"]

    assert loaded("plain") == {
        "tensors": 7, "values": 785, "key": "", "strip": "", "left": [], "unused": [],
    }  # fmt: skip
    assert loaded("trainer")["key"] == "model"
    assert loaded("lightning")["strip"] == "model._orig_mod."
    assert (loaded("ema")["key"], loaded("ema")["strip"]) == ("ema", "module.")


@pytest.mark.usefixtures("running")
def test_what_is_not_certain_is_refused_with_the_line_to_write(folder: Path) -> None:
    (folder / "pointer.pth").write_text("version https://git-lfs.github.com/spec/v1\n")
    wrong = {
        "two": ("file:ema.pth", "weights: {file: ema.pth, key: ema, strip: module.}"),
        "pointer": ("file:pointer.pth", "a pointer of Git LFS and not the file"),
    }
    path = manifest(folder, {name: source for name, (source, _) in wrong.items()})
    done = subprocess.run(
        [sys.executable, "-m", "passerelle", "bake", "-f", str(path), "--state", "state"],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "COLUMNS": "500"}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    for _, sentence in wrong.values():
        assert sentence in done.stderr + done.stdout
