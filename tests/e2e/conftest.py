"""A real engine, and the images of the default manifest, built once."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.e2e import composed

BASE = "python:3.11-slim"
HERE = Path(__file__).parent


def lacking() -> str:
    """Why these tests can't run here; nothing where they can."""
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        return f"no Docker engine answers ({str(error)[:80]})"
    if subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    ).returncode:
        return "docker has no Compose v2"
    try:
        client.images.get(BASE)
    except docker.errors.ImageNotFound:
        try:
            client.images.pull(BASE)
        except docker.errors.APIError as error:
            return f"{BASE} is not there and can't be pulled ({str(error)[:80]})"
    return ""


@pytest.fixture(scope="session", autouse=True)
def engine() -> docker.DockerClient:
    """The engine. Without one the tests are skipped, unless PASSERELLE_E2E says `required`."""
    if reason := lacking():
        if os.environ.get("PASSERELLE_E2E") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return docker.from_env()


@pytest.fixture(scope="session")
def project(
    engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[composed.Project]:
    """A clean checkout of this tree, with its images built."""
    assert engine
    checkout = composed.checkout(tmp_path_factory.mktemp("checkout") / "passerelle")
    made = composed.Project(checkout, "passerelle-test")
    made.compose("build", timeout=1500)
    yield made
    made.compose("down", "--volumes", "--timeout", "10")
