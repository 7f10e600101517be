"""What is kept on one machine."""

from passerelle.deploy import compose_volumes


def test_what_the_gateway_writes_is_in_a_volume() -> None:
    names = {mount.partition(":")[0] for mount in compose_volumes.GATEWAY_MOUNTS}
    folders = {mount.partition(":")[2] for mount in compose_volumes.GATEWAY_MOUNTS}
    assert names <= set(compose_volumes.volumes())
    for path in compose_volumes.GATEWAY_FILES.values():
        assert path.rpartition("/")[0] in folders
