"""`docker compose up` on a clean checkout: every model, behind one door."""

import os
import re
import signal
import time
from collections.abc import Iterator

import docker
import pytest
import requests
from docker.models.containers import Container

from tests.e2e import composed, load
from tests.support import stack

IDS = {"efficientnet-lite0", "efficientnet-lite0-int8", "efficientnet-lite1", "efficientnet-lite2"}


@pytest.fixture(scope="module")
def up(project: composed.Project) -> Iterator[composed.Project]:
    began = time.monotonic()
    project.up()
    project.wait_for("efficientnet-lite2", "ready")
    print(f"ready after {time.monotonic() - began:.1f} s")  # noqa: T201  # a figure of the issue
    yield project
    project.compose("down", "--timeout", "10")


def container(engine: docker.DockerClient, service: str, number: int = 1) -> Container:
    return engine.containers.get(f"passerelle-test-{service}-{number}")


def test_every_model_names_the_cat_through_the_gateway(up: composed.Project) -> None:
    stack.wait_for(lambda: set(up.statuses().values()) == {"ready"}, 60)
    assert set(up.statuses()) == IDS
    for model in IDS:
        answer = up.predict(model)
        assert answer.status_code == 200, answer.text
        assert answer.json()["category"] in {"tabby", "tiger cat", "Egyptian cat"}


def test_the_page_names_the_cat_with_a_key_that_was_made_for_it(up: composed.Project) -> None:
    page, session = f"http://127.0.0.1:{up.environ['PAGE_PORT']}", requests.Session()
    form = re.search(r'name="csrf_token" value="([^"]+)"', session.get(page, timeout=10).text)
    assert form
    answer = session.post(
        f"{page}/model/efficientnet-lite0/predict", data=stack.CAT, timeout=30,
        headers={"X-CSRFToken": form[1]},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["headline"] in {"tabby", "tiger cat", "Egyptian cat"}
    assert f"http://localhost:{up.port}/model" in answer.json()["curl"]


def test_without_a_key_nobody_gets_in(up: composed.Project) -> None:
    assert up.predict("efficientnet-lite0", "psl_00000000_" + "0" * 43).status_code == 401


def test_a_model_is_reached_through_the_gateway_alone(
    up: composed.Project, engine: docker.DockerClient
) -> None:
    model = container(engine, "efficientnet-lite0")
    assert not model.attrs["NetworkSettings"]["Ports"].get("8080/tcp")
    at = "http://efficientnet-lite0:8080/health/live"
    ask = f"import urllib.request as u; u.urlopen('{at}', timeout=3)"
    image = "passerelle-test/gateway:latest"
    inside = container(engine, "gateway").exec_run(["python", "-c", ask])
    assert inside.exit_code == 0, inside.output
    with pytest.raises(docker.errors.ContainerError):  # beside the gateway, at the door
        engine.containers.run(image, ["python", "-c", ask], network=f"{up.name}_door", remove=True)
    out = "import socket; socket.create_connection(('1.1.1.1', 443), 3)"
    assert model.exec_run(["python", "-c", out]).exit_code != 0  # nor does it get out


def test_a_container_has_nothing_that_it_does_not_need(
    up: composed.Project, engine: docker.DockerClient
) -> None:
    assert up.statuses()
    for service in ("gateway", "efficientnet-lite0"):
        host = container(engine, service).attrs["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["Memory"] > 0
        assert host["NanoCpus"] == 2_000_000_000
        written = container(engine, service).exec_run(["touch", "/app/written"])
        assert written.exit_code != 0


def test_when_one_model_is_killed_the_others_answer_and_models_says_which(
    up: composed.Project,
) -> None:
    up.compose("kill", "efficientnet-lite1")
    up.wait_for("efficientnet-lite1", "unavailable", 15)
    assert up.models()["efficientnet-lite1"]["reason"]
    for model in IDS - {"efficientnet-lite1"}:
        assert up.predict(model).status_code == 200
    dead = up.predict("efficientnet-lite1")
    assert dead.status_code == 503
    assert "efficientnet-lite1 is unavailable" in dead.json()["detail"]
    up.compose("up", "--detach", "efficientnet-lite1")
    up.wait_for("efficientnet-lite1", "ready")
    assert up.predict("efficientnet-lite1").status_code == 200


def test_a_model_whose_process_dies_comes_back_by_itself(
    up: composed.Project, engine: docker.DockerClient
) -> None:
    model = container(engine, "efficientnet-lite2")
    before = model.attrs["State"]["StartedAt"]
    os.kill(model.attrs["State"]["Pid"], signal.SIGKILL)

    def again() -> bool:
        model.reload()
        return bool(model.attrs["State"]["StartedAt"] != before)

    stack.wait_for(again, 30)
    stack.wait_for(lambda: up.predict("efficientnet-lite2").status_code == 200, 30)
    assert up.statuses()["efficientnet-lite2"] == "ready"


def test_replicas_share_the_load_and_none_is_lost_as_they_come_and_go(
    up: composed.Project, engine: docker.DockerClient
) -> None:
    name = "efficientnet-lite0-int8"
    url = f"{up.url}/model/{name}/predict"
    with load.on(url, up.key) as some:
        up.compose("up", "--detach", "--no-recreate", "--scale", f"{name}=2", name)
        stack.wait_for(lambda: up.models()[name]["replicas"]["ready"] == 2, 60)
        shared = int(time.time())
        some.wait_for_answers(200)
        shares = [
            container(engine, name, number).logs(since=shared).count(b"predict")
            for number in (1, 2)
        ]
        up.compose("up", "--detach", "--no-recreate", "--scale", f"{name}=1", name)
        stack.wait_for(lambda: up.models()[name]["replicas"]["known"] == 1, 60)
        some.wait_for_answers(30)
    print(f"{len(some.sent)} requests, {len(some.failed)} failed; shares {shares}")  # noqa: T201
    assert not some.failed
    assert len(some.sent) > 100
    assert min(shares) > 0.3 * sum(shares)


def test_a_key_is_a_secret_and_the_demo_ends_with_the_first(up: composed.Project) -> None:
    demo, file = up.key, up.folder / "keys.yaml"
    empty = file.read_text()
    try:
        made = up.run(
            *stack.PASSERELLE, "keys", "new", "--name", "alice", "--keys", str(file)
        ).split()[0]
        up.compose("restart", "gateway")
        up.compose("up", "--detach", "--wait", "gateway")
        stack.wait_for(lambda: up.predict("efficientnet-lite0", made).status_code == 200, 30)
        assert up.predict("efficientnet-lite0", demo).status_code == 401
    finally:
        file.write_text(empty)  # the checkout is other tests' too
