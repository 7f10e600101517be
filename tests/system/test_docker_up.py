"""`make docker-up` says what is missing before it builds. The commands here are real, or absent."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from passerelle.deploy import sources
from tests.support import stack


def refused(**environ: str) -> str:
    """What it says as it ends with 1, in an environment."""
    done = subprocess.run(
        [sys.executable, "scripts/docker_up.py"], cwd=stack.ROOT, text=True, check=False,
        env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    return done.stdout


def test_without_docker_it_says_how_to_run_without(tmp_path: Path) -> None:
    assert "There is no docker command. Install Docker, or run without: make up" in refused(
        PATH=str(tmp_path)
    )


def load() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("docker_up", stack.ROOT / "scripts/docker_up.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("", "docker-compose, the older, doesn't read this file"),
        ("1.29.2", "Docker Compose 1.29.2 is too old"),
        ("2.19.1", "Docker Compose 2.19.1 is too old"),
        ("v2.3.3+ds1-0ubuntu1", "takes 2.20 or newer"),
    ],
)
def test_a_compose_that_is_too_old_is_told(version: str, sentence: str) -> None:
    script = load()
    with pytest.raises(script.RefusedError, match=re.escape(sentence)):
        script.require_compose(version)


@pytest.mark.parametrize("version", ["2.20.0", "v2.29.7", "2.27.0-desktop.2", "5.0.1"])
def test_a_compose_that_reads_the_file_is_taken(version: str) -> None:
    load().require_compose(version)


def test_a_key_file_that_containers_cannot_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, keys = load(), tmp_path / "keys.yaml"
    monkeypatch.setenv("PASSERELLE_KEYS_FILE", str(keys))
    with pytest.raises(script.RefusedError, match="is not there"):
        script.require_keys_file()
    keys.touch(0o600)
    with pytest.raises(script.RefusedError, match=f"chmod a.r {keys}"):
        script.require_keys_file()
    keys.chmod(0o644)
    script.require_keys_file()
    keys.unlink()
    keys.mkdir()
    with pytest.raises(script.RefusedError, match=f"is a folder.*rmdir {keys}"):
        script.require_keys_file()


@pytest.mark.parametrize("text", ["http", "0", "65536", "8080:80"])
def test_a_port_that_is_none_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load()
    monkeypatch.setenv("PORT", text)
    with pytest.raises(script.RefusedError, match=f"PORT is '{text}'; write a port's number"):
        script.port_of("PORT", 8080)
    monkeypatch.setenv("PORT", "")
    assert script.port_of("PORT", 8080) == 8080


def test_an_unknown_target_is_refused() -> None:
    done = subprocess.run(
        [*stack.PASSERELLE, "render", "nomad"], cwd=stack.ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "No such command 'nomad'" in done.stderr


def test_a_stale_file_is_told_with_its_mend(tmp_path: Path) -> None:
    stale = tmp_path / "docker-compose.yaml"
    stale.write_text((stack.ROOT / "docker-compose.yaml").read_text() + "# edited\n")
    check = [*stack.PASSERELLE, "render", "compose", "--check"]
    told = subprocess.run(
        [*check, "-o", str(stale)], cwd=stack.ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert f"{stale} is stale; run: passerelle render compose" in told.stderr
    assert subprocess.run(check, cwd=stack.ROOT, check=False).returncode == 0


def test_a_new_model_is_a_change_of_the_manifest_alone(tmp_path: Path) -> None:
    text = (stack.ROOT / "models.yaml").read_text()
    (tmp_path / "models.yaml").write_text(
        text + "\n  - id: efficientnet-lite0-again\n    like: efficientnet-lite0\n    replicas: 3\n"
    )
    command = [*stack.PASSERELLE, "render", "compose"]
    subprocess.run(
        command, cwd=tmp_path, check=True, env=os.environ | {"PYTHONPATH": str(stack.ROOT)}
    )
    elsewhere = f"{sources.COPIES}/"  # where our sources lie in a folder of one's own
    found = (tmp_path / "docker-compose.yaml").read_text().replace(elsewhere, "")
    after = found.replace("./observability/", "./docs/observability/").splitlines()
    before = (stack.ROOT / "docker-compose.yaml").read_text().splitlines()[4:]  # behind the head
    assert not set(before) - set(after)
    assert "  efficientnet-lite0-again:" in after
    assert "      replicas: 3" in after
    assert "        SERVICE: efficientnet-lite0-again" in after
