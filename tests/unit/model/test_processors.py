"""How many processors there are for inference."""

import os
from pathlib import Path

import pytest

from services.model import cgroup, processors


@pytest.fixture
def places(tmp_path: Path) -> cgroup.Places:
    (tmp_path / "membership").write_text("0::/\n")
    return cgroup.Places(tmp_path, tmp_path / "membership")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max 100000", 4), ("100000 100000", 1), ("50000 100000", 1), ("", 4), ("250000 100000", 2),
     ("900000 100000", 4)],
)  # fmt: skip
def test_a_containers_limit_is_kept(
    limit: str, expected: int, places: cgroup.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "allowed", lambda: 4)
    (places.tree / "cpu.max").write_text(limit)
    assert processors.count(places) == expected


@pytest.mark.parametrize(("known", "expected"), [(3, 3), (None, 1)])
def test_a_newer_python_knows_how_many_it_may_use(
    known: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: known, raising=False)
    assert processors.allowed() == expected


def test_an_older_python_asks_what_it_may_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    assert processors.allowed() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors.allowed() == os.cpu_count()
