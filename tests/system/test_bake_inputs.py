"""What a bake depends on is the same wherever it runs, and nothing else bakes anything."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from passerelle.artifact import card
from passerelle.deploy import build_context
from passerelle.local import baking
from passerelle.manifest import reading
from tests.support import small_net, stack

NETS = """\
import importlib
from pathlib import Path
from small_net import Net

def net():
    made, scale = Net(), float(open("scale.txt").read())
    scale *= json_of(Path(__file__).with_name("me" + "ans.json"))["scale"]
    scale *= importlib.import_module("layers.deep").SCALE
    made.layer.bias.data *= scale
    return made

def json_of(file):
    import json
    return json.loads(file.read_text())
"""
MANIFEST = small_net.MANIFEST.replace("small_net:Net", "own.nets:net")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a network that is made of modules and data of many kinds, and other things."""
    own = tmp_path / "mine"
    for name, text in {
        "own/nets.py": NETS, "own/means.json": '{"scale": 1}', "own/train.py": "import small_net",
        "layers/deep.py": "SCALE = 1", "scale.txt": "1", "README.md": "", "data/1.jpg": "",
    }.items():  # fmt: skip
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text)
    small_net.write(own, MANIFEST)
    return own


def baked(folder: Path) -> Path:
    """The artifact's folder, baked where a person would bake it, unless it is there."""
    state = folder.parent / "state"
    command = [*stack.PASSERELLE, "bake", "--state", str(state)]
    environ = os.environ | {"PYTHONPATH": str(stack.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)  # noqa: PLW1510  # told below
    assert done.returncode == 0, done.stdout + done.stderr
    return next(
        Path(line.partition(": ")[2]) for line in done.stdout.splitlines() if line[:6] == "first:"
    )


def test_every_edit_of_what_the_network_is_made_of_is_baked_and_no_other(folder: Path) -> None:
    seen = [baked(folder)]
    for name, text in {
        "layers/deep.py": "SCALE = 2", "scale.txt": "3", "own/means.json": '{"scale": 4}',
    }.items():  # fmt: skip
        (folder / name).write_text(text)
        seen.append(baked(folder))
        assert seen[-1] not in seen[:-1], name
    (folder / "README.md").write_text("edited")
    (folder / "data" / "1.jpg").write_text("edited")
    (folder / "models.yaml").write_text(MANIFEST + "    title: Another\n")
    model = reading.read(folder / "models.yaml")[0]
    found = model.model_copy(update={"module_folders": (str(folder),)})
    assert baking.find(found, folder.parent / "state" / "artifacts") == seen[-1]


def test_a_bake_in_an_image_has_the_digest_of_the_local_one(folder: Path) -> None:
    local = card.read(baked(folder))
    gathered = folder.parent / "gathered"
    build_context.gather(folder / "models.yaml", "first", gathered)
    recipe = (gathered / "recipes" / "first.json").read_text()
    done = subprocess.run(
        [*stack.PYTHON, "-m", "services.bake", str(folder.parent / "artifacts")],
        cwd=gathered / "modules", env=os.environ | {"PYTHONPATH": str(gathered / "source")},
        input=recipe, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = json.loads(done.stdout.splitlines()[-1])["folder"]
    assert card.read(Path(made)).digest == local.digest
    assert not (gathered / "modules" / "README.md").exists()
