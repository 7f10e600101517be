"""The example of a rollout in containers: what it counts and keeps lies in volumes."""

import shutil
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.e2e import composed
from tests.support import stack

NAME = "passerelle-rollout"
OLD, NEW = "efficientnet-lite0", "efficientnet-lite0-int8"


@pytest.fixture(scope="module")
def up(project: composed.Project) -> Iterator[composed.Project]:
    shutil.copy(project.folder / "examples" / "rollout.yaml", project.folder)
    made = composed.Project(project.folder, NAME)
    made.environ |= {"TAG": "rollout", "COMPOSE_FILE": made.render("rollout.yaml")}
    made.compose("build", timeout=900)
    made.up()
    try:
        made.wait_for("pets", "ready")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "10")


def of(up: composed.Project, model: str) -> dict[str, Any]:
    found: dict[str, Any] = up.get(f"/models/{model}").json()
    return found


def answered(up: composed.Project) -> int:
    """How many of its requests a split's figures have, of both variants."""
    rows = of(up, "pets")["traffic"]["variants"]
    return sum(each["requests"] for each in rows if each["kind"] == "answer")


def test_a_split_is_counted_compared_and_captured_in_containers(up: composed.Project) -> None:
    names = [up.predict("pets").headers["X-Model"] for _ in range(60)]
    assert OLD in names
    stack.wait_for(lambda: answered(up) == len(names), 20)
    compared = [each["agreement"] for each in of(up, "pets")["traffic"]["variants"]]
    assert any(each and each["compared"] for each in compared)
    stack.wait_for(lambda: of(up, OLD)["capture"]["pictures"] > 0, 20)


def test_figures_and_pictures_outlive_the_gateways_container(
    up: composed.Project, engine: docker.DockerClient
) -> None:
    before, pictures = answered(up), of(up, OLD)["capture"]["pictures"]
    begun = {name: of(up, "pets")["promotion"][name] for name in ("revision", "since", "weights")}
    up.compose("up", "--detach", "--force-recreate", "--no-deps", "--wait", "gateway")
    stack.wait_for(lambda: up.statuses().get("pets") == "ready", 60)
    after = of(up, "pets")["promotion"]
    assert (answered(up), {name: after[name] for name in begun}) == (before, begun)
    assert of(up, OLD)["capture"]["pictures"] == pictures
    (gateway,) = engine.containers.list(filters={"name": f"{NAME}-gateway"})
    kept = gateway.exec_run(["python", "-c", "import os; print(os.listdir('/capture'))"])
    assert OLD in kept.output.decode()
