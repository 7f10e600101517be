"""Containers in a folder of one's own: the wheel's `init` and `render compose`, and no clone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from passerelle.deploy import sources
from tests.e2e import cloudbuild, composed
from tests.support import stack, wheel

NO_IMAGES = (".git/config", ".venv/bin/python", "env/lib/site-packages/torch.py", "keys.yaml")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[composed.Project]:
    """The example with a module of one's own, and one with a handler, as containers."""
    root = tmp_path_factory.mktemp("own")
    installed = wheel.install(wheel.build(root / "wheel"), root / "venv")
    installed.run("init", "mine", "--example", "own", cwd=root)
    folder: Path = root / "mine"
    for name in NO_IMAGES[:-1]:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("x")
    (folder / "yaml.py").write_text("raise ImportError('not the package')")
    add_detector(folder)
    installed.run("render", "compose", cwd=folder)
    made = composed.Project(folder, "passerelle-own")
    try:
        made.compose("up", "--build", "--detach", "--wait", timeout=900)
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "10")


def add_detector(folder: Path) -> None:
    """The example's model that has a handler, beside what is in a folder."""
    example = stack.ROOT / "examples" / "text"
    for name in ("lines.py", "handler-requirements.txt"):
        shutil.copy(example / name, folder)
    for name in ("models.yaml", "requirements.txt"):
        added = (example / name).read_text().rpartition("\nmodels:\n")[2]
        with (folder / name).open("a") as file:
            file.write(f"\n{added}")


def test_a_model_of_ones_own_answers_through_the_gateway(own: composed.Project) -> None:
    answer = own.predict("colour")
    assert answer.status_code == 200, answer.text
    assert answer.json()["category"] in (own.folder / "mynets" / "colours.txt").read_text().split()


def test_a_handler_has_what_it_needs_and_no_torch(own: composed.Project) -> None:
    answer = own.predict("text")
    assert answer.status_code == 200, answer.text
    assert answer.json()["task"] == "detection"
    own.compose("exec", "text", "python", "-c", "from scipy import ndimage")
    without = own.compose("exec", "colour", "python", "-c", "import scipy", check=False)
    assert "No module named 'scipy'" in without
    torch = own.compose("exec", "text", "python", "-c", "import torch", check=False)
    assert "No module named 'torch'" in torch


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


@pytest.mark.skipif(not cloudbuild.capable(), reason="no docker command builds with BuildKit")
def test_a_build_sees_the_folder_and_the_sources_but_nothing_private(own: composed.Project) -> None:
    (own.folder / ".passerelle" / "artifacts").mkdir()
    dockerfile = sources.COPIES / "services" / "model" / "Dockerfile"
    own.run(
        cloudbuild.capable(), "build", "--target", "gathered", "--tag", "passerelle-own-gathered",
        "--build-arg", f"SOURCE={sources.COPIES}", "--build-arg", "SERVICE=colour",
        "--file", str(dockerfile), ".",
    )  # fmt: skip
    listed = own.run("docker", "run", "--rm", "passerelle-own-gathered", "find", "/user").split()
    own.run("docker", "image", "rm", "passerelle-own-gathered")
    assert {"/user/models.yaml", "/user/mynets/colours.txt"} <= set(listed)
    assert f"/user/{sources.COPIES}/gateway/app.py" in listed
    assert not {f"/user/{name}" for name in NO_IMAGES} & set(listed)
    assert "/user/.passerelle/artifacts" not in listed


def test_sources_of_another_version_are_refused_in_a_sentence(own: composed.Project) -> None:
    file = own.folder / sources.COPIES / "passerelle" / "__init__.py"
    text = file.read_text()
    file.write_text(text.replace("__version__ = ", "__version__ = '0.1.0'  # "))
    for service in ("gateway", "frontend", "colour"):
        log = own.compose("build", service, check=False)
        assert f"{sources.COPIES} is not of passerelle" in log
        assert "run: passerelle render compose" in log
    file.write_text(text)
