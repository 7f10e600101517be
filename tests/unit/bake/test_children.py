"""Processes that a bake leaves are ended; tests/system/test_networks.py starts one."""

import os
import signal
from pathlib import Path

import pytest

from services.bake import children


def test_the_children_of_every_thread_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, waited = [], []

    def kill(pid: int, sign: signal.Signals) -> None:
        killed.append((pid, sign))
        if pid == 7:
            raise ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(os, "waitpid", lambda pid, _: waited.append(pid))
    for thread, listed in (("1", "7 8 "), ("2", ""), ("3", "9\n")):
        (tmp_path / "task" / thread).mkdir(parents=True)
        (tmp_path / "task" / thread / "children").write_text(listed)
    (tmp_path / "task" / "4" / "children").mkdir(parents=True)  # as of a thread that has ended
    children.end(tmp_path)
    assert sorted(waited) == [8, 9]
    assert sorted(killed) == [(pid, signal.SIGKILL) for pid in (7, 8, 9)]


def test_where_the_system_lists_none_nothing_is_done(tmp_path: Path) -> None:
    children.end(tmp_path / "proc")
