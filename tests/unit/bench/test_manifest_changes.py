"""bench/manifest_changes.py: each change is a manifest that a gateway takes."""

from pathlib import Path

from bench import manifest_changes, stand_in_stack
from bench.manifest_changes import ManifestChanges
from passerelle.manifest import reading


def test_each_change_is_another_manifest_that_is_right(tmp_path: Path) -> None:
    changes, seen = ManifestChanges(tmp_path / "models.yaml"), list[str]()
    for _ in manifest_changes.CHANGES:
        changes.write()
        (model,) = reading.read(tmp_path / "models.yaml")
        assert model.id == stand_in_stack.MODEL
        seen.append((tmp_path / "models.yaml").read_text())
    assert len({*seen, stand_in_stack.MANIFEST}) == len(manifest_changes.CHANGES) + 1
    changes.write()
    assert (tmp_path / "models.yaml").read_text() == seen[0]


def test_what_a_gateway_has_followed_is_counted_once(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    line = b'{"message": "models.yaml was changed and is in use"}\n'
    log.write_bytes(line + b'{"path": "/model/m/predict"}\n' + line)
    changes = ManifestChanges(tmp_path / "models.yaml")
    assert changes.followed(log, 1) == 2
    assert changes.followed(log, 0) == 0


def test_a_gateway_has_some_time_to_follow(tmp_path: Path) -> None:
    log, now = tmp_path / "gateway.log", [0.0]
    log.write_bytes(b"")
    lines = iter([b""] * 30 + [manifest_changes.IN_USE])

    def sleep(seconds: float) -> None:
        now[0] += seconds
        log.write_bytes(next(lines, b""))

    changes = ManifestChanges(tmp_path / "models.yaml", clock=lambda: now[0], sleep=sleep)
    assert changes.followed(log, 1) == 1
    assert 3.0 < now[0] < 3.3
    assert changes.followed(log, 1) == 0
    assert now[0] > manifest_changes.FOLLOW_TIMEOUT
