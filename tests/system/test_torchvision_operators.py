"""torchvision where its compiled operators load, and where they don't, each in a new process."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import stack

pytestmark = pytest.mark.torch

LOADS = """
def _has_ops():
    return False
"""
FAILS = """
import torch
torch.library.register_fake("torchvision::nms")(lambda *_: None)
"""
ASK = """
from services.bake import torchvision_operators
import torch
torchvision = torchvision_operators.import_torchvision()
print(torchvision.extension._has_ops is torchvision_operators.has_operators)
print(hasattr(torch.ops.torchvision, "nms"))
"""
OWN = """
import torchvision

def make():
    return torchvision.ops.FeaturePyramidNetwork([8], 8)
"""
BUILD = """
from services.bake import architecture
from passerelle.manifest.model import Input, Recipe
given = Recipe(id="own", architecture="mynet:make", weights="architecture",
               input=Input(size=(32, 32)), module_folders=(sys.argv[1],))
print(type(architecture.from_callable(given).module).__name__)
"""


def run(code: str, folder: Path) -> list[str]:
    """What a new process prints that finds modules in a folder first."""
    process = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}", folder],
        cwd=stack.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.split()


def package(folder: Path, code: str) -> None:
    """A package in torchvision's place, whose `code` runs when it is imported."""
    (folder / "torchvision/ops").mkdir(parents=True)
    for name in ("extension", "ops/__init__", "ops/roi_align"):
        (folder / "torchvision" / f"{name}.py").write_text(LOADS)
    (folder / "torchvision/__init__.py").write_text(f"{code}\nfrom torchvision import extension")


def test_nothing_is_declared_or_replaced_where_they_load(tmp_path: Path) -> None:
    package(tmp_path, "")
    assert run(ASK, tmp_path) == ["False", "False"]


def test_they_are_declared_and_said_to_be_there_where_they_do_not(tmp_path: Path) -> None:
    package(tmp_path, FAILS)
    assert run(ASK, tmp_path) == ["True", "True"]


def test_a_users_module_may_import_torchvision_either_way(tmp_path: Path) -> None:
    (tmp_path / "mynet.py").write_text(OWN)
    assert run(BUILD, tmp_path) == ["FeaturePyramidNetwork"]
