"""What a file holds is read again exactly where its stamp doesn't tell enough."""

import os
from pathlib import Path

import pytest

from passerelle.artifact import content
from passerelle.artifact.content import TRUSTED_AFTER, Digests, Stamp


class Disk:
    """One file of a file system whose times are as coarse as the test says."""

    def __init__(self) -> None:
        self.now, self.stamp, self.text, self.reads = 100.0, (1,), "one", 0

    def clock(self) -> float:
        return self.now

    def read(self, _: Path) -> str:
        self.reads += 1
        return self.text

    def stamp_of(self, _: Path) -> Stamp:
        return self.stamp

    def digests(self) -> Digests:
        return Digests(self.clock, self.read, self.stamp_of)


FILE = Path("net.pth")


def test_a_file_whose_stamp_has_stood_is_read_once_more_and_then_never() -> None:
    disk = Disk()
    digests = disk.digests()
    for _ in range(5):
        assert digests.of(FILE) == "one"
        disk.now += TRUSTED_AFTER
    assert disk.reads == 2


def test_a_change_that_the_stamp_does_not_tell_is_found_while_it_may_happen() -> None:
    disk = Disk()
    digests = disk.digests()
    assert digests.of(FILE) == "one"
    disk.text = "two"  # within the same tick
    disk.now += 1
    assert digests.of(FILE) == "two"


def test_a_stamp_counts_from_when_it_was_first_seen_and_not_from_what_it_says() -> None:
    disk = Disk()
    digests = disk.digests()
    digests.of(FILE)
    disk.now += TRUSTED_AFTER
    disk.stamp, disk.text = (0,), "two"  # an older time, as of a server whose clock is behind
    assert digests.of(FILE) == "two"
    disk.text = "three"
    disk.now += 1
    assert digests.of(FILE) == "three"


def same_time(path: Path, status: os.stat_result) -> None:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("how", ["in place", "by a rename"])
def test_a_stamp_tells_a_change_of_the_same_length_and_time(tmp_path: Path, how: str) -> None:
    file, beside = tmp_path / "net.pth", tmp_path / "net.new"
    file.write_text("one")
    status = file.stat()
    os.utime(file, ns=(0, 0))  # so that its last change was now
    same_time(file, status)
    before = content.stamp(file)
    while content.stamp(file) == before:  # for as long as the kernel's tick
        target = file if how == "in place" else beside
        target.write_text("two")
        same_time(target, status)
        target.replace(file)
    assert file.stat().st_mtime_ns == status.st_mtime_ns


def test_a_link_has_the_stamp_of_what_it_leads_to(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "link"
    link.symlink_to("one")
    first = content.stamp(link)
    link.unlink()
    link.symlink_to("two")
    assert content.stamp(link) == content.stamp(tmp_path / "two") != first


def test_what_is_not_there_has_an_empty_stamp_and_no_content(tmp_path: Path) -> None:
    assert content.stamp(tmp_path / "none") == ()
    with pytest.raises(FileNotFoundError):
        content.digests.of(tmp_path / "none")
    assert content.digests.of_readable(tmp_path / "none") == ""


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert content.sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")
