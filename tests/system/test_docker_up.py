"""`make docker-up` says what is missing before it builds. The commands here are real, or absent."""

import os
import subprocess
import sys
from pathlib import Path

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
    after = (tmp_path / "docker-compose.yaml").read_text().replace(elsewhere, "").splitlines()
    before = (stack.ROOT / "docker-compose.yaml").read_text().splitlines()[3:]
    assert not set(before) - set(after)
    assert "  efficientnet-lite0-again:" in after
    assert "      replicas: 3" in after
    assert "        SERVICE: efficientnet-lite0-again" in after
