"""The files that workers count in, as workers come and go."""

import dataclasses
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, values
from prometheus_client.multiprocess import MultiProcessCollector

from passerelle.server import metric_files


@dataclasses.dataclass
class Worker:
    """gunicorn's."""

    number: int = -1


class Arbiter:
    """gunicorn's own process."""

    def __init__(self, *numbers: int) -> None:
        self.WORKERS = {100 + each: Worker(each) for each in numbers}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(metric_files, "folder", tmp_path)
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", values.MutexValue)
    return tmp_path


def counted(folder: Path) -> dict[str, float]:
    found = MultiProcessCollector.merge(metric_files.begun(folder))
    return {sample.name: sample.value for metric in found for sample in metric.samples}


@pytest.mark.parametrize(("taken", "number"), [((), 0), ((0, 1), 2), ((0, 2), 1), ((1,), 0)])
def test_a_worker_has_the_lowest_number_that_none_has(taken: tuple[int, ...], number: int) -> None:
    worker = Worker()
    metric_files.number(Arbiter(*taken), worker)
    assert worker.number == number


def test_who_takes_the_place_of_another_counts_on(folder: Path) -> None:
    for _ in range(2):  # one after the other, by the same number
        metric_files.join(None, Worker(0))
        Counter("work_total", "Work.", registry=None).inc(5)
    assert counted(folder)["work_total"] == 10
    assert [each.name for each in folder.iterdir()] == ["counter_0.db"]


def test_what_a_worker_was_doing_ends_with_it_and_its_counts_stay(folder: Path) -> None:
    for number in range(2):
        metric_files.join(None, Worker(number))
        Gauge("busy", "Now.", registry=None, multiprocess_mode="livesum").set(3)
        Counter("work_total", "Work.", registry=None).inc()
    assert counted(folder) == {"busy": 6, "work_total": 2}
    metric_files.leave(None, Worker(1))
    assert counted(folder) == {"busy": 3, "work_total": 2}


def test_a_file_that_a_worker_is_just_making_is_not_read_yet(folder: Path) -> None:
    metric_files.join(None, Worker(0))
    Counter("work_total", "Work.", registry=None).inc()
    (folder / "counter_1.db").touch()
    assert counted(folder) == {"work_total": 1}


def test_the_folder_is_made_once_and_goes_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_files, "folder", None)
    monkeypatch.setattr(metric_files, "MEMORY", tmp_path)
    made = metric_files.make()
    assert metric_files.make() == made
    assert made.parent == tmp_path
    assert made.stat().st_mode & 0o777 == 0o700
    metric_files.remove(None)
    assert not made.exists()


def test_where_memory_has_no_room_it_is_where_temporary_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_files, "folder", None)
    monkeypatch.setattr(metric_files, "MEMORY", tmp_path / "none")
    made = metric_files.make()
    assert made.is_dir()
    metric_files.remove(None)
