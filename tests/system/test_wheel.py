"""The wheel, in folders that hold nothing: what a person has who never saw the repository."""

import os
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import yaml

import passerelle
from passerelle.deploy import sources
from tests.conftest import shared_artifacts
from tests.support import stack, wheel
from tests.support.wheel import Installed


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel alone."""
    return wheel.install(built, tmp_path_factory.mktemp("base") / "venv")


@pytest.fixture(scope="module")
def local(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel with all that `up` needs."""
    return wheel.install(built, tmp_path_factory.mktemp("local") / "venv", "local")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one's own, whose bakes are kept from one test run to the next."""
    found = tmp_path / "mine"
    (found / ".passerelle").mkdir(parents=True)
    (found / ".passerelle" / "artifacts").symlink_to(shared_artifacts())
    return found


@contextmanager
def up(installed: Installed, folder: Path) -> Iterator[str]:
    """What `passerelle up` prints by the time that all is ready; stopped after the block."""
    log, port, page = folder / "up.log", stack.free_port(), stack.free_port()
    with log.open("w") as output:
        child = subprocess.Popen(
            [installed.bin / "passerelle", "up"], cwd=folder, stdout=output, stderr=output,
            env=wheel.clean_environ() | {"PORT": str(port), "PAGE_PORT": str(page)},
        )  # fmt: skip
    try:
        stack.wait_for(
            lambda: "Ctrl-C stops" in log.read_text() or child.poll() is not None, stack.SECONDS
        )
        assert child.poll() is None, log.read_text()
        yield log.read_text()
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(40)


def test_the_wheel_holds_every_file_that_is_not_code(built: Path) -> None:
    names = set(zipfile.ZipFile(built).namelist())
    for package in ("passerelle", "gateway", "services"):
        for file in (stack.ROOT / package).rglob("*"):
            name = file.relative_to(stack.ROOT).as_posix()
            if file.is_symlink() and file.is_dir():
                assert any(each.startswith(f"{name}/") for each in names), file
            elif file.is_file() and file.suffix != ".pyc":
                assert name in names, file
    contract = zipfile.ZipFile(built).read("gateway/openapi.yaml")
    assert contract == (stack.ROOT / "openapi.yaml").read_bytes()  # the file, and not a link


def test_the_version_is_one(base: Installed, tmp_path: Path) -> None:
    assert base.run("--version", cwd=tmp_path).split()[-1] == passerelle.__version__
    contract = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())
    assert contract["info"]["version"] == passerelle.__version__


def test_a_folder_is_begun_and_rendered_with_the_base_alone(
    base: Installed, tmp_path: Path
) -> None:
    base.run("init", cwd=tmp_path)
    assert "nothing wrong" in base.run("check", cwd=tmp_path)
    base.run("render", "compose", cwd=tmp_path)
    services = yaml.safe_load((tmp_path / "docker-compose.yaml").read_text())["services"]
    for service in services.values():
        if "profiles" in service:  # Prometheus and others, whose images are as they are
            continue
        assert (tmp_path / service["build"]["dockerfile"]).is_file()
        assert service["build"]["args"]["SOURCE"] == sources.COPIES.as_posix()
    assert "image:" in base.run("render", "swarm", cwd=tmp_path)
    cloud = ("--project", "my-project", "--region", "europe-west1")
    assert base.run("render", "cloudrun", *cloud, cwd=tmp_path).count("kind: Service") == 6
    assert base.run("render", "compose", "--check", cwd=tmp_path) == ""
    key = base.run("keys", "new", "--name", "alice", "--keys", "keys.yaml", cwd=tmp_path)
    assert key.startswith("psl_")


def test_what_was_rendered_by_another_version_or_misses_a_file_is_stale(
    base: Installed, tmp_path: Path
) -> None:
    base.run("init", cwd=tmp_path)
    base.run("render", "compose", cwd=tmp_path)
    file = tmp_path / "docker-compose.yaml"
    text = file.read_text()
    file.write_text(text.replace(f"passerelle {passerelle.__version__}", "passerelle 0.1.0"))
    told = base.run("render", "compose", "--check", cwd=tmp_path, check=False)
    assert f"was rendered by passerelle 0.1.0, and this is {passerelle.__version__}" in told
    file.write_text(text)
    (tmp_path / sources.COPIES / "gateway" / "Dockerfile").unlink()
    assert "is stale" in base.run("render", "compose", "--check", cwd=tmp_path, check=False)
    base.run("render", "compose", cwd=tmp_path)
    assert base.run("render", "compose", "--check", cwd=tmp_path) == ""


def test_without_the_bakes_packages_up_names_the_extra(base: Installed, tmp_path: Path) -> None:
    base.run("init", cwd=tmp_path)
    told = base.run("up", cwd=tmp_path, check=False)
    assert "pip install 'passerelle[local]'" in told
    assert "Traceback" not in told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_a_sentence(base: Installed, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    told = base.run("init", cwd=tmp_path, check=False)
    assert "can't be written" in told
    assert "Traceback" not in told


def test_init_and_up_and_the_line_that_up_prints_names_the_cat(
    local: Installed, folder: Path
) -> None:
    local.run("init", "--example", "v1", cwd=folder)
    assert "nothing wrong" in local.run("check", cwd=folder)
    assert "efficientnet-lite0" in local.run("bake", cwd=folder)
    with up(local, folder) as printed:
        (line,) = re.findall(r"^  (curl .*)$", printed, re.MULTILINE)
        assert "services/bake/pictures/chelsea.png" in line
        if shutil.which("curl"):
            command = ["sh", "-c", line]
            answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert "cat" in answer
        picture = str(stack.PICTURES / "chelsea.png")
        assert "cat" in local.run("predict", picture, cwd=folder)
        assert "ready" in local.run("models", cwd=folder)
        (page,) = re.findall(r"Open (http://\S+)", printed)
        assert "<title>" in requests.get(page, timeout=10).text
    table = local.run("evaluate", str(stack.PICTURES), "--no-plot", cwd=folder)
    assert "efficientnet-lite0" in table


def test_a_module_of_ones_own_is_baked_and_served(local: Installed, folder: Path) -> None:
    local.run("init", "--example", "own", cwd=folder)
    wheel.install_requirements(local, folder / "requirements.txt")
    with up(local, folder):
        answer = local.run("predict", str(stack.PICTURES / "rocket.jpg"), cwd=folder)
    names = (folder / "mynets" / "colours.txt").read_text().split()
    assert answer.partition("colour: ")[2].split()[0] in names
