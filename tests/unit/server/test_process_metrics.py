"""What the system says of a process and its children."""

import os
from pathlib import Path

from passerelle.server import process_metrics

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")


def write(proc: Path, pid: int, seconds: int, pages: int, reaped: int = 0) -> None:
    """A process that took so much of the processor and of memory."""
    fields = ["S", *["0"] * 40]
    fields[11], fields[21] = str(seconds * TICKS), str(pages)
    fields[13] = str(reaped * TICKS)
    fields[19] = str(pid * TICKS)  # when it began
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    (folder / "task" / str(pid) / "children").write_text("")
    (folder / "fd").mkdir()
    (folder / "stat").write_text(f"{pid} (a (b) c) {' '.join(fields)}")
    (folder / "limits").write_text("Max open files            20000   20000   files\n")


def test_a_process_and_its_children_are_told_of_together(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("btime 1000\n")
    write(tmp_path, 1, seconds=1, pages=10, reaped=5)
    write(tmp_path, 2, seconds=2, pages=20)
    write(tmp_path, 3, seconds=3, pages=30)
    (tmp_path / "1" / "task" / "1" / "children").write_text("2 3 ")
    found = {
        sample.name: sample.value
        for metric in process_metrics.of_all(1, tmp_path) for sample in metric.samples
    }  # fmt: skip
    assert found["process_cpu_seconds_total"] == 1 + 2 + 3 + 5  # also of those that have ended
    assert found["process_resident_memory_bytes"] == 60 * PAGE
    assert found["process_start_time_seconds"] == 1001
    assert found["process_max_fds"] == 20000


def test_where_the_system_says_nothing_nothing_is_said(tmp_path: Path) -> None:
    assert not list(process_metrics.of_all(1, tmp_path))
    assert process_metrics.reaped_seconds(1, tmp_path) == 0


def test_one_process_is_told_of_by_itself() -> None:
    names = {each.name for each in process_metrics.of_one()}
    assert {"process_cpu_seconds", "process_open_fds", "process_start_time_seconds"} <= names
