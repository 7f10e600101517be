"""A real engine, and the images of the default manifest, built once."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.e2e import composed

BASE = "python:3.11-slim"
HERE = Path(__file__).parent
OWN_ENGINE = "test_cloudbuild.py"  # tests that bring an engine


class ByEngine(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Has one process run all tests that use this machine's engine."""

    def _split_scope(self, nodeid: str) -> str:
        """The engine of a test, by which tests are shared out."""
        return OWN_ENGINE if OWN_ENGINE in nodeid else "this machine's"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEngine:
    """How tests are shared out where there are several processes."""
    return ByEngine(config, log)


def lacking() -> str:
    """Why these tests can't run here; nothing where they can."""
    if not shutil.which("docker"):
        return "there is no docker command"
    # The command is asked first: a docker.DockerClient that finds no engine leaves a socket open.
    for words, reason in (
        (("version",), "no Docker engine answers"),
        (("compose", "version"), "docker has no Compose v2"),
    ):
        asked = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        if asked.returncode:
            return f"{reason} ({asked.stderr.strip()[:80]})"
    with contextlib.closing(docker.from_env()) as client:
        return _lacking_image(client)


def _lacking_image(client: docker.DockerClient) -> str:
    try:
        client.images.get(BASE)
    except docker.errors.ImageNotFound:
        try:
            client.images.pull(BASE)
        except docker.errors.APIError as error:
            return f"{BASE} is not there and can't be pulled ({str(error)[:80]})"
    return ""


@pytest.fixture(scope="session", autouse=True)
def engine() -> Iterator[docker.DockerClient]:
    """The engine. Without one the tests are skipped, unless PASSERELLE_E2E says `required`."""
    if reason := lacking():
        if os.environ.get("PASSERELLE_E2E") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with contextlib.closing(docker.from_env()) as client:
        yield client


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
