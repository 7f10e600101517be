"""Text as editors write it: manifests and files of labels, by `passerelle check` and `bake`."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from passerelle.artifact import labels
from tests.support import stack

# A machine that says that it knows no letters but those of ASCII.
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
NETS = """\
import torch

class Net(torch.nn.Module):
    def __init__(self, eps=1e-5, name=""):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3, eps=eps)
        self.layer = torch.nn.Conv2d(3, 4, 8, stride=8)

    def forward(self, batch):
        return 20 * self.layer(self.norm(batch)).mean((2, 3))
"""
MANIFEST = """\
version: 1
models:
  - id: "50"
    title: Chats c\u00e2lins
    architecture: nets:Net
    keywords: {eps: 1e-3, name: 猫}
    weights: random
    activation: none
    input: {size: 32}
    labels: file:names.txt
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A manifest with what it names, as a person's editor on another system saves it."""
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "models.yaml").write_bytes(MANIFEST.replace("\n", "\r\n").encode("utf-16"))
    (tmp_path / "names.txt").write_bytes(
        "p\u00e2t\u00e9\r\ncat \r\ndog\r\nno\r\n\r\n".encode("utf-8-sig")
    )
    return tmp_path


def passerelle(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command, env = [*stack.PASSERELLE, *words], os.environ | ASCII
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def bake(folder: Path) -> "subprocess.CompletedProcess[str]":
    return passerelle(folder, "bake", "--state", str(folder / "state"))


def test_however_an_editor_saved_it_a_model_is_baked_with_its_names(folder: Path) -> None:
    assert passerelle(folder, "check").returncode == 0
    done = bake(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (artifact,) = (folder / "state" / "artifacts").glob("50-*")
    assert labels.read(artifact) == ["p\u00e2t\u00e9", "cat", "dog", "no"]
    (folder / "names.txt").write_text(json.dumps({"a": 0, "b": 1, "c": 3, "d": 2}))
    assert bake(folder).returncode == 0
    names = [labels.read(each) for each in (folder / "state" / "artifacts").glob("50-*")]
    assert ["a", "b", "d", "c"] in names


def test_every_wrong_line_is_told_by_check_and_by_bake(folder: Path) -> None:
    (folder / "names.txt").write_bytes("cat\n\np\u00e2t\u00e9\n".encode("latin-1"))
    for done in (passerelle(folder, "check"), bake(folder)):
        told = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1
        assert "names.txt, line 3: byte 0xe2 behind 'p' is not UTF-8" in told
    (folder / "names.txt").write_text("cat\n\nd\x1bg\n")
    told = passerelle(folder, "check").stderr
    assert "names.txt, line 2: is blank" in told
    assert "names.txt, line 3: 'd\\x1bg' holds U+001B" in told


def test_a_number_of_names_that_does_not_fit_is_told_before_anything_is_converted(
    folder: Path,
) -> None:
    (folder / "names.txt").write_text("background\ncat\ndog\nno\nyes\n")
    done = bake(folder)
    told = " ".join((done.stdout + done.stderr).split())
    assert "50 has 4 classes, but names.txt names 5: the first is 'background'" in told


def test_words_that_may_be_no_text_are_told_as_they_are_written(folder: Path) -> None:
    text = MANIFEST.replace("file:names.txt", "\n    - cat\n    - no\n    - 0\n    - 1_000")
    (folder / "models.yaml").write_text(text.replace("1e-3", "1_0") + "    title: 007\n")
    told = passerelle(folder, "check").stderr.splitlines()
    assert [line.partition("models.yaml, ")[2] for line in told] == [
        "line 6: models[0].keywords.eps: 1_0 is text in YAML 1.2, and 10 in YAML 1.1; "
        "write 10, or '1_0', in quotes",
        "line 12: models[0].labels[1]: no is text in YAML 1.2, and false in YAML 1.1; "
        "write 'no', in quotes",
        "line 13: models[0].labels[2]: 0 is not text; write '0', in quotes",
        "line 14: models[0].labels[3]: 1_000 is text in YAML 1.2, and 1000 in YAML 1.1; "
        "write '1_000', in quotes",
        "line 15: models[0].title: 007 is not text; write '007', in quotes",
        "line 15: models[0].title: written twice, first on line 4; remove one",
    ]


def test_what_is_rendered_names_services_that_a_network_finds(folder: Path) -> None:
    done = passerelle(folder, "render", "compose", "-o", "compose.yaml")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"]
    ours = [name for name, each in services.items() if "profiles" not in each]
    assert ours == ["gateway", "frontend", "model-50"]
    assert list(services["gateway"]["depends_on"]) == ["model-50"]
