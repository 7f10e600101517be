"""`make docker-up` with an engine: what it refuses, and what it prints."""

import re
import socket
import subprocess
import sys

import requests

from tests.e2e import composed


def docker_up(project: composed.Project, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "scripts/docker_up.py"], cwd=project.folder, text=True, check=False,
        env=project.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_an_engine_that_does_not_answer_is_told(project: composed.Project) -> None:
    absent = docker_up(project, DOCKER_HOST="unix:///tmp/passerelle-none.sock")
    assert absent.returncode == 1
    assert "No Docker engine answers. Start it" in absent.stdout


def test_a_taken_port_a_full_disk_and_a_missing_key_file_are_told(
    project: composed.Project,
) -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = docker_up(project, PORT=str(port))
    full = docker_up(project, PASSERELLE_DISK=str(10**18))
    keyless = docker_up(project, PASSERELLE_KEYS_FILE="none.yaml")
    assert [each.returncode for each in (taken, full, keyless)] == [1, 1, 1]
    assert f"choose another: PORT={port + 1} make docker-up" in taken.stdout
    assert "Make room with: docker system prune" in full.stdout
    assert "none.yaml is not there. Make one with: passerelle keys new" in keyless.stdout


def test_it_builds_runs_and_prints_a_line_that_works(project: composed.Project) -> None:
    done = docker_up(project)
    try:
        assert done.returncode == 0, done.stdout[-3000:]
        key, url = re.findall(r"curl -H 'X-API-Key: (\S+)' (\S+)", done.stdout)[-1]
        ids = [
            each["id"]
            for each in requests.get(url, headers={"X-API-Key": key}, timeout=10).json()["models"]
        ]
        assert "efficientnet-lite0" in ids
    finally:
        project.compose("down", "--timeout", "10")
