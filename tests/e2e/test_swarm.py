"""The same services on a Swarm of one node: two replicas, exchanged under load."""

import re
import time
from collections.abc import Iterator

import docker
import pytest

from tests.e2e import composed, load
from tests.support import stack

NAME = "passerelle-swarm"
MODEL = "efficientnet-lite0"
SERVICE = f"{NAME}_{MODEL}"
IMAGE = f"passerelle-test/{MODEL}"


class Swarm(composed.Project):
    """A stack on a Swarm."""

    def deploy(self) -> None:
        rendered = self.run(*stack.PASSERELLE, "render", "swarm", "-f", "pair.yaml")
        (self.folder / "swarm.yaml").write_text(rendered)
        self.run("docker", "stack", "deploy", "--resolve-image", "never", "-c", "swarm.yaml", NAME)

    def update(self, image: str) -> str:
        """Exchange the model's containers; how it ended."""
        self.run(
            "docker", "service", "update", "--detach=false", "--no-resolve-image", "--quiet",
            "--image", image, SERVICE, check=False,
        )  # fmt: skip
        state = self.run(
            "docker", "service", "inspect", "--format", "{{.UpdateStatus.State}}", SERVICE
        )  # fmt: skip
        return state.strip()

    @property
    def key(self) -> str:
        logs = self.run("docker", "service", "logs", "--raw", f"{NAME}_gateway", check=False)
        found: list[str] = re.findall(r"X-API-Key: (psl_\S+?)'", logs)
        return found[-1]

    def ready(self) -> int:
        """How many replicas the gateway may send requests to."""
        try:
            return int(self.models()[MODEL]["replicas"]["ready"])
        except (OSError, KeyError, IndexError, TypeError):
            return 0


@pytest.fixture(scope="module")
def swarm(project: composed.Project, engine: docker.DockerClient) -> Iterator[Swarm]:
    ours = engine.info()["Swarm"]["LocalNodeState"] != "active"
    entry = (project.folder / "models.yaml").read_text().split("\n\n")[1]
    (project.folder / "pair.yaml").write_text(
        f"version: 1\ndefaults: {{replicas: 2}}\n{entry.rstrip()}\n    capture: {{}}\n"
    )
    made = Swarm(project.folder, NAME)
    made.environ |= {"PORT_MODE": "host", "TAG": "one"}
    made.compose("-f", made.render("pair.yaml"), "build", timeout=900)
    if ours:
        engine.swarm.init(advertise_addr="127.0.0.1")
    node = engine.info()["Swarm"]["NodeID"]
    made.run("docker", "node", "update", "--label-add", "passerelle.gateway=true", node)
    try:
        made.deploy()
        stack.wait_for(lambda: made.ready() == 2, 120)
        yield made
    finally:
        made.run("docker", "stack", "rm", NAME, check=False)
        stack.wait_for(lambda: not engine.containers.list(filters={"name": SERVICE}), 60)
        if ours:
            engine.swarm.leave(force=True)


def test_what_a_model_captures_lies_on_the_node_of_the_gateway(swarm: Swarm) -> None:
    def captured() -> int:
        return int(swarm.get(f"/models/{MODEL}").json()["capture"]["pictures"])

    before = captured()
    assert swarm.predict(MODEL).status_code == 200
    stack.wait_for(lambda: captured() > before, 20)


def test_an_update_under_load_loses_no_request(swarm: Swarm, engine: docker.DockerClient) -> None:
    app = swarm.folder / "services" / "model" / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    rendered = swarm.render("pair.yaml")
    swarm.environ["TAG"] = "two"
    swarm.compose("-f", rendered, "build", MODEL)
    assert engine.images.get(f"{IMAGE}:one").id != engine.images.get(f"{IMAGE}:two").id
    with load.on(f"{swarm.url}/model/{MODEL}/predict", swarm.key, clients=4) as some:
        begin = time.monotonic()
        some.wait_for_answers(200)
        updating = time.monotonic()
        state = swarm.update(f"{IMAGE}:two")
        updated = time.monotonic()
        some.wait_for_answers(200)
        end = time.monotonic()
    spans = [(begin, updating), (updating, updated), (updated, end)]
    print(  # noqa: T201  # figures of the issue
        f"{len(some.sent)} requests, {len(some.failed)} failed; update {updated - updating:.0f} s; "
        f"p99 before, during, after: {[some.p99(*span) for span in spans]} ms"
    )
    assert state == "completed"
    assert not some.failed, some.failed[:3]
    assert len(some.sent) > 200
    running = engine.containers.list(filters={"name": SERVICE})
    assert len(running) == 2
    assert {each.image.id for each in running} == {engine.images.get(f"{IMAGE}:two").id}


def test_an_update_that_does_not_get_well_is_rolled_back_under_load(swarm: Swarm) -> None:
    with load.on(f"{swarm.url}/model/{MODEL}/predict", swarm.key, clients=2) as some:
        state = swarm.update("python:3.11-slim")  # it ends at once: no server is in it
        stack.wait_for(lambda: swarm.ready() == 2, 60)
    print(f"{len(some.sent)} requests, {len(some.failed)} failed; {state}")  # noqa: T201
    assert state == "rollback_completed"
    assert not some.failed, some.failed[:3]
