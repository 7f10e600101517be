"""What is in an image, and what a change builds again."""

import re
import time
import uuid

import docker
import pytest

from tests.e2e import composed

MODEL = "passerelle-test/efficientnet-lite0:latest"
STEP = re.compile(r"^#(\d+) \[(?:\S+ )?(\S+)\s+\d+/\d+\] ((?:RUN|COPY) .*)$", re.MULTILINE)


def ran(log: str) -> set[str]:
    """The steps of a plain build log that were run, not taken from the cache: `stage RUN …`."""
    found = {number: f"{stage} {step}" for number, stage, step in STEP.findall(log)}
    cached = set(re.findall(r"^#(\d+) CACHED", log, re.MULTILINE))
    return {step for number, step in found.items() if number not in cached}


def run(engine: docker.DockerClient, *command: str) -> str:
    output: bytes = engine.containers.run(MODEL, list(command), remove=True)
    return output.decode()


@pytest.mark.usefixtures("project")
def test_a_models_image_is_small_and_holds_no_torch(engine: docker.DockerClient) -> None:
    base = engine.images.get("python:3.11-slim").attrs["Size"]
    megabytes = (engine.images.get(MODEL).attrs["Size"] - base) / 1e6
    print(f"the image without its base: {megabytes:.0f} MB")  # noqa: T201  # a figure of the issue
    assert 20 < megabytes < 350
    names = ("torch", "torchvision", "pip", "flask", "werkzeug")
    code = f"import importlib.util as u; print(*[n for n in {names} if u.find_spec(n)])"
    assert run(engine, "python", "-c", code).split() == ["werkzeug"]


@pytest.mark.usefixtures("project")
def test_an_image_says_what_it_is_and_runs_as_nobody_in_particular(
    engine: docker.DockerClient,
) -> None:
    for name in ("efficientnet-lite0", "gateway", "frontend"):
        config = engine.images.get(f"passerelle-test/{name}:latest").attrs["Config"]
        assert config["User"] == "10001:10001"
        assert config["Cmd"][0] == "gunicorn"  # the exec form: no shell between us and a signal
        assert config["Healthcheck"]["Test"]
    labels = engine.images.get(MODEL).labels
    assert labels["passerelle.model.id"] == "efficientnet-lite0"
    assert labels["passerelle.model.precision"] == "fp32"


def test_an_image_of_a_strict_checkout_can_be_read_by_its_user(
    engine: docker.DockerClient, project: composed.Project
) -> None:
    for package in ("passerelle", "services"):
        for path in (project.folder / package).rglob("*"):
            path.chmod(path.stat().st_mode & 0o700)  # as a umask of 077 makes it
    project.compose("build", "efficientnet-lite0")
    assert not run(engine, "find", "/app", "/artifacts", "!", "-readable")
    assert run(engine, "python", "-c", "import services.model.app") == ""


def test_a_change_of_the_servers_code_neither_installs_nor_bakes(project: composed.Project) -> None:
    app = project.folder / "services" / "model" / "app.py"
    app.write_text(app.read_text() + f"# {uuid.uuid4()}\n")  # no engine has seen it
    steps = ran(project.compose("build", "efficientnet-lite0"))
    assert any("gathered RUN" in step for step in steps), steps
    assert {step for step in steps if "services/model services/model" in step}, steps
    assert not {s for s in steps if s.startswith(("pip ", "server ", "tools ", "baked RUN"))}, steps


def test_a_change_of_one_model_bakes_that_one_alone(project: composed.Project) -> None:
    manifest = project.folder / "models.yaml"
    text = manifest.read_text()
    never_seen = f"resize: 272, mean: [{time.time() % 1}, 0.5, 0.5]"  # so no engine has it cached
    manifest.write_text(text.replace("resize: 272", never_seen))
    try:
        other = ran(project.compose("build", "efficientnet-lite2"))
        assert {step for step in other if "gathered RUN" in step}, other
        assert not {step for step in other if "baked RUN" in step}, other
        steps = ran(project.compose("build", "efficientnet-lite1"))
        assert {step for step in steps if "baked RUN for recipe" in step}, steps
        assert not {s for s in steps if s.startswith(("pip ", "server ", "tools "))}, steps
    finally:
        manifest.write_text(text)


def test_a_build_whose_weights_are_missing_says_what_to_do(project: composed.Project) -> None:
    (project.folder / "broken.yaml").write_text(
        "version: 1\nmodels:\n  - {id: net, architecture: 'torchvision:resnet18', "
        "weights: 'file:weights/none.pth', service: net}\n"
    )
    rendered = project.render("broken.yaml")
    said = project.compose("-f", rendered, "build", "net", check=False)
    assert "weights/none.pth is not there; write another path" in said
