"""passerelle/local/process.py: started again when it dies, stopped in peace."""

import os
import signal
from pathlib import Path

import pytest

from passerelle.local import process
from passerelle.local.process import Process
from tests.unit.local import fake


class Started:
    """A process, its clock, and its children so far."""

    def __init__(self, folder: Path) -> None:
        self.clock = fake.Clock()
        self.command = fake.command(folder)
        self.process = Process("net", self.command, self.clock.monotonic)
        self.process.start()

    @property
    def child(self) -> fake.Child:
        return self.command.children[-1]

    def crash(self, code: int = 1) -> str:
        """End the child; the sentence about it."""
        self.child.code = code
        return self.process.restart_if_dead()


@pytest.fixture
def started(tmp_path: Path) -> Started:
    return Started(tmp_path)


def test_a_process_that_runs_is_left_alone(started: Started) -> None:
    assert started.process.running
    assert started.process.pid == fake.Child.pid
    assert started.process.restart_if_dead() == ""
    assert len(started.command.children) == 1


def test_a_dead_one_is_told_and_started_again_after_a_pause(started: Started) -> None:
    log = started.command.log
    assert started.crash() == f"net ended with code 1; starting it again in 0.5 s (see {log})"
    assert (started.process.running, started.process.pid) == (False, None)
    assert started.process.restart_if_dead() == ""
    assert len(started.command.children) == 1
    started.clock.sleep(0.5)
    assert started.process.restart_if_dead() == ""
    assert (started.process.running, len(started.command.children)) == (True, 2)


def test_one_that_cannot_be_started_is_told_and_tried_again(started: Started) -> None:
    def refuse() -> fake.Child:
        raise FileNotFoundError(2, "No such file or directory")

    started.crash()
    started.clock.sleep(0.5)
    object.__setattr__(started.command, "spawn", refuse)
    told = "net can't be started (No such file or directory); starting it again in 1 s"
    assert started.process.restart_if_dead().startswith(told)
    assert started.process.ended == "can't be started (No such file or directory)"
    assert (started.process.running, started.process.restart_if_dead()) == (False, "")
    started.clock.sleep(1)
    assert "again in 2 s" in started.process.restart_if_dead()


def test_a_signal_is_told_by_its_number(started: Started) -> None:
    assert "net was killed by signal 9;" in started.crash(-9)


def test_pauses_double_up_to_a_limit(started: Started) -> None:
    pauses = []
    for _ in range(8):
        pauses.append(float(started.crash().partition("again in ")[2].partition(" s")[0]))
        started.clock.sleep(pauses[-1])
        started.process.restart_if_dead()
    assert pauses == [0.5, 1, 2, 4, 8, 16, process.MAX_RESTART_DELAY, process.MAX_RESTART_DELAY]


def test_crashes_are_forgotten_once_it_has_run_for_a_while(started: Started) -> None:
    started.crash()
    started.clock.sleep(0.5)
    started.process.restart_if_dead()
    started.clock.sleep(process.STABLE_AFTER + 1)
    assert "again in 0.5 s" in started.crash()


def test_a_terminated_process_ends_by_itself(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("killed"))
    started.process.terminate()
    started.process.wait_or_kill(12)
    assert started.child.waited == [12]
    assert not started.process.running


def test_one_that_does_not_end_is_killed_with_its_session(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = []
    monkeypatch.setattr(os, "killpg", lambda pid, number: killed.append((pid, number)))
    started.child.ignores_sigterm = True
    started.process.terminate()
    started.process.wait_or_kill(12)
    assert killed == [(fake.Child.pid, signal.SIGKILL)]
    assert started.child.waited == [12, None]


def test_one_that_is_gone_needs_no_stopping(started: Started) -> None:
    started.crash()
    started.process.terminate()
    started.process.wait_or_kill(12)
    assert started.child.waited == []


def test_the_log_begins_anew_with_every_run(tmp_path: Path) -> None:
    command = fake.command(tmp_path)
    command.log.parent.mkdir()
    command.log.write_text("of an earlier run")
    Process("net", command)
    assert command.log.read_text() == ""


def test_a_child_has_our_variables_less_those_of_another_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("GUNICORN_CMD_ARGS", "PYTHONWARNINGS", "OTEL_SERVICE_NAME", "MINE"):
        monkeypatch.setenv(name, "1")
    found = process.environment({"PASSERELLE_BIND": "a:1", "PYTHONWARNINGS": "ignore"})
    assert (found["MINE"], found["PASSERELLE_BIND"]) == ("1", "a:1")
    assert found["PYTHONWARNINGS"] == "ignore"  # which is our own
    assert found["PYTHONUTF8"] == "1"
    assert not {"GUNICORN_CMD_ARGS", "PYTHONOPTIMIZE"} & set(found)
