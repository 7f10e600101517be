"""What is kept on one machine."""

import pytest

from passerelle.deploy import compose_volumes
from passerelle.manifest.model import AnyModel, Capture
from tests.unit.deploy import made

PLAIN = (made.model("one"), made.model("two"))
KEEPS = (made.model("one", capture=Capture()), made.model("two"), made.split(compare=0.1))


@pytest.mark.parametrize("models", [PLAIN, KEEPS])
@pytest.mark.parametrize("swarm", [False, True])
def test_what_the_gateway_writes_is_in_a_volume(
    models: tuple[AnyModel, ...], *, swarm: bool
) -> None:
    mounts = compose_volumes.gateway_mounts(models, swarm=swarm)
    names = {mount.partition(":")[0] for mount in mounts}
    folders = {mount.partition(":")[2] for mount in mounts}
    assert names <= set(compose_volumes.volumes(models, swarm=swarm))
    for path in compose_volumes.gateway_files(models, swarm=swarm).values():
        assert path in folders or path.rpartition("/")[0] in folders


def test_a_swarm_keeps_what_rollouts_need_and_nothing_else() -> None:
    assert compose_volumes.gateway_mounts(KEEPS, swarm=True) == (
        "traffic:/traffic", "capture:/capture",
    )  # fmt: skip
    assert list(compose_volumes.volumes(KEEPS, swarm=True)) == ["traffic", "capture"]
    for models in (PLAIN, (*PLAIN, made.split())):
        assert not compose_volumes.volumes(models, swarm=True)
        assert not compose_volumes.placement(models)
    constraints = compose_volumes.placement(KEEPS)["constraints"]
    assert constraints == ["node.labels.passerelle.gateway == true"]
