"""bench/procfs.py: this process, as the kernel counts it."""

import os
import socket
from pathlib import Path

import pytest

from bench import procfs

OWN = os.getpid()


def test_a_process_is_the_first_of_its_descendants_and_alive() -> None:
    first = procfs.descendants(OWN)[0]
    assert first.pid == OWN
    assert first.alive


def test_a_number_that_another_process_has_now_is_not_alive() -> None:
    assert not procfs.Process(OWN, "0").alive


def test_cpu_time_is_split_into_own_and_others() -> None:
    own, nobody = procfs.cpu_time([OWN]), procfs.cpu_time([])
    assert own.own > 0
    assert nobody.own == 0
    assert procfs.cpu_seconds([OWN]) >= own.own


def test_memory_is_read_for_this_process() -> None:
    row = procfs.memory("test", OWN)
    assert row["pss_mb"] > 0
    assert row["rss_mb"] > 0
    assert procfs.peak_rss(OWN) > 0


def test_kilobytes_of_the_kernel_are_megabytes_of_a_million(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tx\nVmRSS:\t    1000 kB\n")
    assert procfs.megabytes(tmp_path / "status", "VmRSS") == pytest.approx(1.024)


def test_open_sockets_are_counted_and_other_files_are_not() -> None:
    before = procfs.open_sockets([OWN])
    with socket.socket(), Path(os.devnull).open("rb"):
        assert procfs.open_sockets([OWN]) == before + 1


def test_the_peak_is_the_kernels_high_water_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of figures made up: the kernel's own are late by as much as many processors save up."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7/status").write_text("VmHWM:\t    3000 kB\nVmRSS:\t    1000 kB\n")
    monkeypatch.setattr(procfs, "PROC", tmp_path)
    assert procfs.peak_rss(7) == pytest.approx(3.072)


def test_an_orphan_is_what_the_server_has_closed_and_nobody_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server at port 80 (hex 50) with peers at 0x1389 to 0x138B, and another server's."""
    rows = ["header"] + [
        f"{number}: 0100007F:{local} 0100007F:{peer} {state} 0:0 0:0 0 0 0 {inode} 2"
        for number, (local, peer, state, inode) in enumerate(
            [("0050", "1389", "04", 0), ("0050", "138A", "01", 123), ("0050", "138B", "04", 124),
             ("0051", "138C", "04", 0)]
        )
    ]  # fmt: skip
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text("\n".join(rows))
    monkeypatch.setattr(procfs, "PROC", tmp_path)
    assert procfs.orphaned_peers(80) == {0x1389}
