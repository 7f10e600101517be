"""How many processors there are for inference."""

from pathlib import Path

import pytest

from services.model import processors


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("", None)],
)
def test_a_containers_limit_is_kept(
    limit: str, expected: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "CGROUP_LIMIT", tmp_path / "none")
    everything = processors.count()
    (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(processors, "CGROUP_LIMIT", tmp_path / "cpu.max")
    assert processors.count() == (expected or everything)
