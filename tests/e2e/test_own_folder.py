"""Containers in a folder of one's own: the wheel's `init` and `render compose`, and no clone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import composed
from tests.support import stack, wheel


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[composed.Project]:
    """The example with a module of one's own, as containers."""
    root = tmp_path_factory.mktemp("own")
    installed = wheel.install(wheel.build(root / "wheel"), root / "venv")
    installed.run("init", "mine", "--example", "own", cwd=root)
    folder: Path = root / "mine"
    installed.run("render", "compose", cwd=folder)
    made = composed.Project(folder, "passerelle-own")
    try:
        made.compose("up", "--build", "--detach", "--wait", timeout=900)
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "10")


def test_a_model_of_ones_own_answers_through_the_gateway(own: composed.Project) -> None:
    answer = own.predict("colour")
    assert answer.status_code == 200, answer.text
    assert answer.json()["category"] in (own.folder / "mynets" / "colours.txt").read_text().split()


def test_the_card_says_that_the_weights_are_the_file(own: composed.Project) -> None:
    card = own.models()["colour"]["card"]
    assert card["weights"]["source"] == "file:colours.safetensors"
    assert len(card["weights"]["sha256"]) == 64


def test_nothing_of_the_folder_but_the_manifest_is_in_the_gateway(own: composed.Project) -> None:
    listed = own.compose("exec", "gateway", "ls", "-A", "/app").split()
    assert sorted(listed) == ["gateway", "models.yaml", "openapi.yaml", "passerelle"]
    assert own.compose("exec", "colour", "ls", "/app").split() == ["passerelle", "services"]


def test_another_checkpoint_is_baked_anew_and_nothing_is_installed(own: composed.Project) -> None:
    labels = own.folder / "mynets" / "colours.txt"
    labels.write_text(labels.read_text().replace("sienna", "burnt-sienna"))
    log = own.compose("build", "colour", timeout=600)
    steps = [line for line in log.splitlines() if "] RUN" in line]
    assert any("services.bake" in step for step in steps)
    own.compose("up", "--detach", "--wait", "colour", timeout=120)
    stack.wait_for(lambda: own.statuses().get("colour") == "ready", 60)
