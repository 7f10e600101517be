"""Cloud Run's contract with a container, kept by each image on its own."""

import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests
from docker.models.containers import Container

from tests.e2e import composed, load
from tests.support import stack

PORT = 9123
ENVIRON = {"PORT": str(PORT)}
MODEL = "efficientnet-lite0"


@pytest.fixture
def started(project: composed.Project, engine: docker.DockerClient) -> Iterator[Container]:
    """A model with its port by PORT, a file system to read, and memory to write to."""
    assert project
    container = engine.containers.run(
        f"passerelle-test/{MODEL}:latest", detach=True, read_only=True, environment=ENVIRON,
        ports={f"{PORT}/tcp": ("127.0.0.1", None)}, cap_drop=["ALL"], mem_limit="1g",
    )  # fmt: skip
    yield container
    container.remove(force=True)


def address(container: Container) -> str:
    """Where this machine reaches it."""

    def published() -> str:
        container.reload()
        found = container.attrs["NetworkSettings"]["Ports"].get(f"{PORT}/tcp")
        return str(found[0]["HostPort"]) if found else ""

    stack.wait_for(published, 10)
    return f"http://127.0.0.1:{published()}"


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def end(container: Container) -> float:
    """SIGTERM, and the seconds until it is gone by itself."""
    began = time.monotonic()
    container.kill("SIGTERM")
    assert container.wait(timeout=10)["StatusCode"] == 0
    return time.monotonic() - began


def test_a_model_listens_on_its_port_and_ends_in_time_with_nothing_lost(
    started: Container,
) -> None:
    began, url = time.monotonic(), address(started)
    stack.wait_for(lambda: answers(f"{url}/health/ready"), 30)
    ready = time.monotonic() - began
    with load.on(f"{url}/model/{MODEL}/predict", clients=4) as some:
        some.wait_for_answers(30)
        before = len(some.sent)
        some.stopped = True  # no platform sends new requests to what it stops
        seconds = end(started)
    print(f"ready in {ready:.1f} s; {before} requests, then gone in {seconds:.1f} s")  # noqa: T201
    assert before > 20
    assert not some.failed
    assert seconds < 10


def test_the_gateway_listens_on_its_port_and_ends_in_time_with_nothing_lost(
    project: composed.Project,
    engine: docker.DockerClient,
    started: Container,
    tmp_path: Path,
) -> None:
    assert project
    stack.wait_for(lambda: answers(f"{address(started)}/health/ready"), 30)
    (tmp_path / "keys.yaml").write_text("keys: []\n")
    started.reload()
    at = started.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    door = engine.containers.run(
        "passerelle-test/gateway:latest", detach=True, read_only=True, cap_drop=["ALL"],
        environment=ENVIRON | {
            "PASSERELLE_UPSTREAM": f"http://{at}:{PORT}", "PASSERELLE_DEMO": "http://localhost",
        },
        ports={f"{PORT}/tcp": ("127.0.0.1", None)}, mem_limit="512m",
        volumes={str(tmp_path / "keys.yaml"): {"bind": "/run/secrets/keys", "mode": "ro"}},
    )  # fmt: skip
    try:
        url = address(door)
        stack.wait_for(lambda: answers(f"{url}/health/ready"), 30)
        key = door.logs().decode().split("X-API-Key: ")[1].split("'")[0]
        with load.on(f"{url}/model/{MODEL}/predict", key, clients=4) as some:
            some.wait_for_answers(30)
            before = len(some.sent)
            some.stopped = True
            seconds = end(door)
        print(f"{before} requests, then gone in {seconds:.1f} s")  # noqa: T201
        assert before > 20
        assert not some.failed
        assert seconds < 10
    finally:
        door.remove(force=True)


def test_a_container_is_healthy_where_it_was_told_to_listen(
    project: composed.Project, engine: docker.DockerClient
) -> None:
    assert project
    container = engine.containers.run(
        f"passerelle-test/{MODEL}:latest", detach=True, read_only=True, cap_drop=["ALL"],
        environment={"PASSERELLE_BIND": f"127.0.0.1:{PORT}"}, mem_limit="1g",
    )  # fmt: skip

    def health() -> str:
        container.reload()
        return str(container.attrs["State"]["Health"]["Status"])

    try:
        stack.wait_for(lambda: health() == "healthy", 60)
    finally:
        container.remove(force=True)


def test_a_key_file_that_the_containers_user_cannot_read_is_told(
    project: composed.Project, engine: docker.DockerClient, tmp_path: Path
) -> None:
    assert project
    keys = tmp_path / "keys.yaml"
    keys.write_text("keys: []\n")
    keys.chmod(0o600)
    container = engine.containers.run(
        "passerelle-test/gateway:latest", detach=True,
        volumes={str(keys): {"bind": "/run/secrets/keys", "mode": "ro"}},
    )  # fmt: skip
    try:
        assert container.wait(timeout=30)["StatusCode"] == 1
        told = container.logs().decode()
        assert "/run/secrets/keys can't be read by user 10001" in told
        assert "do so outside" in told
    finally:
        container.remove(force=True)
