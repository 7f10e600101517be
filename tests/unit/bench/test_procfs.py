"""bench/procfs.py: this process, as the kernel counts it."""

import os
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
    assert 0 < row["pss_mb"] <= row["rss_mb"]


def test_kilobytes_of_the_kernel_are_megabytes_of_a_million(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tx\nVmRSS:\t    1000 kB\n")
    assert procfs.megabytes(tmp_path / "status", "VmRSS") == pytest.approx(1.024)
