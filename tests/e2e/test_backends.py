"""A foreign image beside the gateway: on the inner network, asked with the manifest's headers."""

import json
from collections.abc import Iterator
from typing import Any

import docker
import pytest
import requests
import yaml

from tests.e2e import composed
from tests.e2e.conftest import BASE
from tests.support import foreign, stack

MANIFEST = "backends.yaml"
IMAGE = "passerelle-test/foreign:latest"
DOCKERFILE = f"""\
FROM {BASE}
COPY serve.py .
ENV HOST=0.0.0.0
CMD ["python3", "serve.py", "one"]
"""
HEADERS = {"Authorization": "env:OCR_TOKEN", "X-Key": "file:secrets/ocr.txt"}
BACKEND = {
    "image": IMAGE, "port": 5000, "path": "/predict", "health": "/ping", "headers": HEADERS,
}  # fmt: skip
MODELS = (
    {"id": "ocr", "resources": {"cpu": 1, "memory": "256Mi"}, "backend": BACKEND},
    {"id": "unset", "backend": BACKEND | {"headers": {"Authorization": "env:OTHER_TOKEN"}}},
)


@pytest.fixture(scope="module")
def up(
    engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[composed.Project]:
    """The gateway, and two containers of one foreign image."""
    root = tmp_path_factory.mktemp("backends")
    context = root / "foreign"
    foreign.write(context)
    (context / "Dockerfile").write_text(DOCKERFILE)
    made = composed.Project(composed.checkout(root / "passerelle"), "passerelle-backends")
    engine.images.build(path=str(context), tag=IMAGE, rm=True)
    document = json.dumps({"version": 1, "models": MODELS})
    (made.folder / MANIFEST).write_text(document)
    (made.folder / "secrets").mkdir()
    (made.folder / "secrets" / "ocr.txt").write_text("of-a-file-1")
    made.environ |= {"OCR_TOKEN": "of-the-environment", "COMPOSE_FILE": made.render(MANIFEST)}
    try:
        made.compose("up", "--build", "--detach", "--wait", "gateway", timeout=900)
        made.wait_for("ocr", "ready")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "10")


def asked(up: composed.Project) -> requests.Response:
    """The answer of the container, or the gateway's."""
    headers = {"X-API-Key": up.key}
    url = f"{up.url}/model/ocr/predict"
    return requests.post(url, data=b"picture", headers=headers, timeout=30)


def received(up: composed.Project) -> Any:
    """What the container says that it was sent."""
    answer = asked(up)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_foreign_container_is_asked_with_the_secrets_of_compose(up: composed.Project) -> None:
    found = received(up)
    assert found["version"] == "one"
    assert found["headers"]["authorization"] == "of-the-environment"
    assert found["headers"]["x-key"] == "of-a-file-1"
    assert up.key not in str(found)


def test_a_secret_is_replaced_while_it_runs(up: composed.Project) -> None:
    (up.folder / "secrets" / "ocr.txt").write_text("of-a-file-2")
    stack.wait_for(lambda: received(up)["headers"]["x-key"] == "of-a-file-2", 20)


def test_one_that_lacks_its_secret_says_so(up: composed.Project) -> None:
    found = up.models()["unset"]
    assert found["status"] == "unavailable"
    assert "the variable OTHER_TOKEN is not set" in found["reason"]


@pytest.mark.usefixtures("up")
def test_a_foreign_container_is_reached_by_the_gateway_alone_has_its_limits_and_no_secret(
    engine: docker.DockerClient,
) -> None:
    ocr = engine.containers.get("passerelle-backends-ocr-1")
    assert not ocr.attrs["NetworkSettings"]["Ports"].get("5000/tcp")
    assert list(ocr.attrs["NetworkSettings"]["Networks"]) == ["passerelle-backends_models"]
    host = ocr.attrs["HostConfig"]
    assert (host["NanoCpus"], host["Memory"]) == (1_000_000_000, 256 * 2**20)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not any("TOKEN" in each for each in ocr.attrs["Config"]["Env"])
    out = "import socket; socket.create_connection(('1.1.1.1', 443), 3)"
    assert ocr.exec_run(["python3", "-c", out]).exit_code != 0


def test_a_swarm_takes_what_is_rendered_for_it(up: composed.Project) -> None:
    render = " ".join([*stack.PASSERELLE, "render", "swarm", "-f", MANIFEST])
    found = yaml.safe_load(up.run("sh", "-c", f"{render} | docker stack config -c -"))
    assert {"source": "passerelle-ocr-txt", "target": "/headers/ocr.txt/value"} in found[
        "services"
    ]["gateway"]["secrets"]
    assert found["services"]["ocr"]["image"] == IMAGE


def test_one_that_dies_is_started_again(up: composed.Project, engine: docker.DockerClient) -> None:
    ocr = engine.containers.get("passerelle-backends-ocr-1")
    stack.kill(ocr.attrs["State"]["Pid"])
    stack.wait_for(lambda: asked(up).ok, 60)
    ocr.reload()
    assert ocr.attrs["RestartCount"] == 1
