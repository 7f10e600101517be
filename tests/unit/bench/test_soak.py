"""bench/soak.py: a minute after another, and changes of the manifest meanwhile."""

import concurrent.futures
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import paced_clients, procfs
from bench.paced_clients import Outcome
from bench.soak import Soak
from bench.workload import Workload


class AtOnce:
    """Runs what it is given at once, in place of a process."""

    def submit(self, function: Callable[..., Any], *given: Any) -> concurrent.futures.Future[Any]:
        found: concurrent.futures.Future[Any] = concurrent.futures.Future()
        found.set_result(function(*given))
        return found


def test_each_minute_has_its_load_and_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[float, float]] = []

    def run(workload: Workload, rate: float) -> Outcome:
        asked.append((workload.seconds, rate))
        return Outcome([0.002, 0.004], {"503": 1})

    log = tmp_path / "gateway.log"
    log.write_bytes(b"")
    process = SimpleNamespace(command=SimpleNamespace(log=log))
    gateway = SimpleNamespace(pids=[1], process=process, manifest=tmp_path / "models.yaml")
    unused: Any = SimpleNamespace(gateways=[gateway], service_pids=[2])
    executor: Any = AtOnce()
    monkeypatch.setattr(paced_clients, "run", run)
    monkeypatch.setattr(procfs, "pss", lambda pids: 10.0 * pids[0])
    soak = Soak(executor, unused, Workload([], 1.0), 800.0, every=10.0)
    first, second = soak.run(90.0)
    assert asked == [(60.0, 800.0), (30.0, 800.0)]
    assert first == second
    assert (first.answered, first.failures, first.changes) == (2, {"503": 1}, 0)
    assert (first.gateway_mb, first.service_mb) == (10.0, 20.0)
    assert len(capsys.readouterr().out.splitlines()) == 2
