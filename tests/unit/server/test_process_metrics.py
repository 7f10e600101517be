"""What the system says of a process and its children."""

import os
import shutil
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

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
    (folder / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
    (folder / "task" / str(pid) / "children").write_text("")
    (folder / "fd").mkdir(exist_ok=True)
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


@pytest.mark.parametrize("when", ["before it is read", "after it is read"])
def test_a_child_that_ends_meanwhile_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    (tmp_path / "stat").write_text("btime 1000\n")
    write(tmp_path, 1, seconds=1, pages=10)
    write(tmp_path, 2, seconds=2, pages=20)
    (tmp_path / "1" / "task" / "1" / "children").write_text("2 ")
    read = process_metrics.of_living

    def end() -> None:
        write(tmp_path, 1, seconds=1, pages=10, reaped=2)
        shutil.rmtree(tmp_path / "2", ignore_errors=True)

    def of_living(parent: int, proc: Path) -> dict[str, Metric]:
        if when == "before it is read":
            end()
        found = read(parent, proc)
        end()
        return found

    monkeypatch.setattr(process_metrics, "of_living", of_living)
    found = {each.name: each for each in process_metrics.of_all(1, tmp_path)}
    assert found["process_cpu_seconds"].samples[0].value == 1 + 2


def test_where_the_system_says_nothing_nothing_is_said(tmp_path: Path) -> None:
    assert not list(process_metrics.of_all(1, tmp_path))
    assert process_metrics.reaped_seconds(1, tmp_path) == 0


def test_one_process_is_told_of_by_itself() -> None:
    names = {each.name for each in process_metrics.of_one()}
    assert {"process_cpu_seconds", "process_open_fds", "process_start_time_seconds"} <= names
