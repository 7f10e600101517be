"""services/model/cgroup.py: the limits of a container, as each kind of system tells them."""

from pathlib import Path

import pytest

from services.model import cgroup

V1 = "9:name=systemd:/\n4:memory:{path}\n3:cpuset:/\n2:cpu,cpuacct:{path}\n"
V2 = "0::{path}\n"


class System:
    """A system's files, in a folder of a test's own."""

    def __init__(self, folder: Path, membership: str, path: str = "/") -> None:
        self.places = cgroup.Places(folder / "tree", folder / "membership")
        self.places.membership.write_text(membership.format(path=path))

    def put(self, name: str, text: str) -> None:
        path = self.places.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    @property
    def limits(self) -> tuple[float | None, int | None]:
        return cgroup.processors(self.places), cgroup.memory(self.places)


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    places = cgroup.Places(tmp_path / "tree", tmp_path / "none")
    assert cgroup.processors(places) is None
    assert cgroup.memory(places) is None


@pytest.mark.parametrize(
    ("quota", "memory", "expected"),
    [
        ("max 100000", "max", (None, None)),
        ("200000 100000", "1073741824", (2.0, 1 << 30)),
        ("50000 100000", "536870912", (0.5, 1 << 29)),
        ("nonsense", "", (None, None)),
        ("100000 0", "0", (None, None)),
    ],
)
def test_version_2_in_a_container_that_is_the_root(
    tmp_path: Path, quota: str, memory: str, expected: tuple[float | None, int | None]
) -> None:
    system = System(tmp_path, V2)
    system.put("cpu.max", quota)
    system.put("memory.max", memory)
    assert system.limits == expected


def test_the_tightest_limit_of_nested_groups_holds(tmp_path: Path) -> None:
    system = System(tmp_path, V2, "/pods/pod/container")
    system.put("pods/pod/container/cpu.max", "400000 100000")
    system.put("pods/pod/container/memory.max", "max")
    system.put("pods/pod/cpu.max", "150000 100000")
    system.put("pods/memory.max", "2000000")
    assert system.limits == (1.5, 2_000_000)


def test_the_mark_from_which_the_system_slows_a_group_counts(tmp_path: Path) -> None:
    system = System(tmp_path, V2)
    system.put("memory.max", "2000000")
    system.put("memory.high", "1000000")
    assert system.limits == (None, 1_000_000)


@pytest.mark.parametrize("folder", ["cpu,cpuacct", "cpu"])
@pytest.mark.parametrize(
    ("path", "seen"), [("/docker/1f", ""), ("/docker/1f", "/docker/1f"), ("/", "")]
)
def test_version_1_at_the_root_or_at_the_systems_own_path(
    tmp_path: Path, folder: str, path: str, seen: str
) -> None:
    system = System(tmp_path, V1, path)
    system.put(f"{folder}{seen}/cpu.cfs_quota_us", "250000")
    system.put(f"{folder}{seen}/cpu.cfs_period_us", "100000")
    system.put(f"memory{seen}/memory.limit_in_bytes", "268435456")
    assert system.limits == (2.5, 1 << 28)


def test_version_1_without_a_limit(tmp_path: Path) -> None:
    system = System(tmp_path, V1)
    system.put("cpu/cpu.cfs_quota_us", "-1")
    system.put("cpu/cpu.cfs_period_us", "100000")
    system.put("memory/memory.limit_in_bytes", "9223372036854771712")
    assert system.limits == (None, None)


def test_on_a_hybrid_system_each_limit_is_where_its_kind_is(tmp_path: Path) -> None:
    system = System(tmp_path, V1 + "0::/system.slice\n", "/docker/1f")
    system.put("cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "300000")
    system.put("cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000")
    system.put("unified/system.slice/memory.max", "1000000")
    assert system.limits == (3.0, 1_000_000)


def test_a_path_that_leads_out_of_the_tree_is_the_trees_own(tmp_path: Path) -> None:
    system = System(tmp_path, V2, "/../../elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/cpu.max").write_text("100000 100000")
    system.put("cpu.max", "200000 100000")
    assert system.limits == (2.0, None)
