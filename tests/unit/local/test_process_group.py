"""passerelle/local/process_group.py: all that a command started ends with it."""

import signal
import subprocess
from typing import TYPE_CHECKING, cast

import pytest

from passerelle.local.process_group import ProcessGroup
from tests.unit.local import fake

if TYPE_CHECKING:
    from collections.abc import Callable


class Group:
    """A group of two: the first process, and one that it started."""

    def __init__(self) -> None:
        self.clock, self.leader = fake.Clock(), fake.Child()
        self.leader.ignores_sigterm = True
        self.leader.args = ["serve"]  # type: ignore[attr-defined]  # as Popen has it
        self.other_runs = True
        self.signals: list[int] = []
        self.on_sigterm: Callable[[], None] = lambda: None
        leader = cast("subprocess.Popen[bytes]", self.leader)
        self.strays_killed = 0  # times
        self.group = ProcessGroup(leader, self.send, self.clock, self.kill_strays)

    def kill_strays(self) -> None:
        self.strays_killed += 1

    def send(self, pid: int, number: int) -> None:
        assert pid == self.leader.pid
        if self.leader.code is not None and not self.other_runs:
            raise ProcessLookupError
        self.signals += [number] if number else []
        if number == signal.SIGTERM:
            self.on_sigterm()


def test_a_group_runs_as_long_as_its_first_process() -> None:
    made = Group()
    assert made.group.poll() is None
    made.leader.code = 3
    assert made.group.poll() == 3


def test_what_the_first_process_left_behind_is_killed_once() -> None:
    made = Group()
    made.leader.code = 3
    assert (made.group.poll(), made.group.poll()) == (3, 3)
    assert made.signals == [signal.SIGKILL]
    assert made.strays_killed == 1


def test_all_are_told_to_end_and_waited_for() -> None:
    made = Group()
    made.group.terminate()
    made.leader.code = 0
    assert made.group.poll() is None
    made.other_runs = False
    assert made.group.poll() == 0
    assert made.signals == [signal.SIGTERM]
    assert made.strays_killed == 1


def test_a_wait_is_for_all_and_ends_in_time() -> None:
    made = Group()
    made.group.terminate()
    made.leader.code = 0
    began = made.clock.now
    with pytest.raises(subprocess.TimeoutExpired):
        made.group.wait(5)
    assert made.clock.now - began == pytest.approx(5, abs=0.1)
    made.other_runs = False
    assert made.group.wait(5) == 0
    assert made.group.wait() == 0
