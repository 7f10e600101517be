"""Watched files: when a change is due, by a clock and stamps of the test's own."""

import os
from pathlib import Path

from passerelle.artifact import content
from passerelle.artifact.content import TRUSTED_AFTER
from passerelle.local import watch
from passerelle.local.watch import MAX_WAIT, POLL_INTERVAL, QUIET, Watch

FILE, OTHER = Path("net.pth"), Path("names.txt")


class Disk:
    """Two files whose stamps are as the test says."""

    def __init__(self) -> None:
        self.now, self.looked = 100.0, 0
        self.stamps = {FILE: (1,), OTHER: (1,)}
        self.watch = Watch(lambda: self.now, self.stamp_of)
        self.watch.follow([FILE])

    def stamp_of(self, path: Path) -> tuple[int, ...]:
        self.looked += 1
        return self.stamps.get(path, ())

    def dues(self, seconds: float) -> list[float]:
        """After how many seconds something was due, looking as often as a supervisor does."""
        began, found = self.now, []
        while self.now < began + seconds:
            self.now += 0.1
            found += [round(self.now - began, 1)] if self.watch.due() else []
        return found


def test_a_stamp_is_had_without_waiting_of_whatever_is_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert watch.fresh_stamp(path) == content.stamp(path) != ()
    assert watch.fresh_stamp(tmp_path / "none") == ()


def quiet(disk: Disk) -> Disk:
    """Past the look that belongs to the start."""
    assert len(disk.dues(60)) == 1
    return disk


def test_files_are_looked_into_once_after_the_start_since_they_may_just_have_changed() -> None:
    disk = Disk()
    first, *more = disk.dues(60)
    assert TRUSTED_AFTER <= first <= TRUSTED_AFTER + 2 * POLL_INTERVAL
    assert not more


def test_while_nothing_changes_the_stamps_are_all_that_is_looked_at_and_not_too_often() -> None:
    disk = quiet(Disk())
    disk.looked = 0
    assert disk.dues(60) == []
    assert 100 <= disk.looked <= 60 / POLL_INTERVAL


def test_a_change_is_due_soon_and_once_more_when_the_stamp_can_be_trusted() -> None:
    disk = quiet(Disk())
    disk.stamps[FILE] = (2,)
    soon, later = disk.dues(60)
    assert QUIET <= soon <= QUIET + 2 * POLL_INTERVAL
    assert TRUSTED_AFTER <= later < 5


def test_a_file_that_is_still_being_copied_is_waited_for() -> None:
    disk = quiet(Disk())
    for size in range(2, 12):
        disk.stamps[FILE] = (size,)
        assert disk.dues(0.5) == []
    assert len(disk.dues(60)) == 2


def test_but_one_that_changes_for_ever_holds_up_no_other_for_ever() -> None:
    disk = quiet(Disk())
    found = 0
    for size in range(2, 202):  # 100 s
        disk.stamps[FILE] = (size,)
        found += len(disk.dues(0.5))
    assert found == 100 // MAX_WAIT


def test_a_file_that_is_gone_for_a_moment_comes_back_before_anything_is_due() -> None:
    disk = quiet(Disk())
    del disk.stamps[FILE]
    assert disk.dues(0.6) == []
    disk.stamps[FILE] = (1,)
    assert len(disk.dues(60)) == 2  # at which there is nothing to do


def test_what_is_followed_anew_counts_from_then_and_what_was_keeps_its_stamp() -> None:
    disk = quiet(Disk())
    disk.stamps[FILE] = (2,)
    disk.watch.follow([FILE, OTHER])
    assert len(disk.dues(60)) == 2
    disk.watch.follow([OTHER])
    disk.stamps[FILE] = (3,)
    assert disk.dues(60) == []
    disk.stamps[OTHER] = (3,)
    assert len(disk.dues(60)) == 2
