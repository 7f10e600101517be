"""passerelle/local/stray_processes.py: which processes come of one start of a command."""

import os
import signal
from pathlib import Path

import pytest

from passerelle.local import stray_processes
from passerelle.local.stray_processes import VARIABLE


def process(proc: Path, pid: int, *variables: str) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "environ").write_bytes(b"".join(each.encode() + b"\0" for each in variables))


def test_those_that_inherited_the_variable_are_found_and_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, 11, "PATH=/bin", f"{VARIABLE}=a1")
    process(tmp_path, 12, f"{VARIABLE}=a1", "PORT=80")
    process(tmp_path, 13, f"{VARIABLE}=a12")
    process(tmp_path, 14, f"NOT_{VARIABLE}=a1")
    (tmp_path / "15").mkdir()  # has ended
    (tmp_path / "self").mkdir()
    killed = []

    def kill(pid: int, number: int) -> None:
        killed.append((pid, number))
        if pid == 12:
            raise ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    stray_processes.kill("a1", tmp_path)
    assert sorted(killed) == [(11, signal.SIGKILL), (12, signal.SIGKILL)]


def test_where_there_is_no_proc_none_is_found(tmp_path: Path) -> None:
    assert list(stray_processes.find("a1", tmp_path / "none")) == []
