"""What the system says of a process, by the names that Prometheus' libraries have for it."""

import functools
import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import Metric

PROC = Path("/proc")
OF_PARENT = ("process_start_time_seconds", "process_max_fds")  # which aren't added up
CPU = "process_cpu_seconds"
MAX_READ = 3  # times: a child that ends meanwhile might count twice, or not at all
REAPED = slice(13, 15)  # in /proc/PID/stat, behind the name: the times of children that have ended


def of_one() -> Iterable[Metric]:
    """This process's."""
    return ProcessCollector(registry=None).collect()


def of_all(parent: int, proc: Path = PROC) -> Iterable[Metric]:
    """Those of a process and its children together, such as gunicorn's and its workers'.

    The processor's time goes on counting when a child ends.
    """
    for _ in range(MAX_READ):
        reaped = reaped_seconds(parent, proc)
        sums = of_living(parent, proc)
        if reaped_seconds(parent, proc) == reaped:
            break
    if CPU in sums:
        increase(sums[CPU], reaped)
    return sums.values()


def of_living(parent: int, proc: Path) -> dict[str, Metric]:
    """The same of those that there are now, by name."""
    sums: dict[str, Metric] = {}
    for pid in (parent, *children(parent, proc)):
        read = ProcessCollector(pid=functools.partial(str, pid), proc=str(proc), registry=None)
        for metric in read.collect():
            add(sums.setdefault(metric.name, metric), metric)
    return sums


def add(whole: Metric, part: Metric) -> None:
    """Add a process's metric to that of those before it, where it isn't the first's own."""
    if part is not whole and whole.name not in OF_PARENT:
        increase(whole, part.samples[0].value)


def increase(metric: Metric, by: float) -> None:
    """Add so much to a metric's one value."""
    sample = metric.samples[0]
    metric.samples[0] = sample._replace(value=sample.value + by)


def children(pid: int, proc: Path = PROC) -> list[int]:
    """The ids of a process's children."""
    try:
        text = (proc / str(pid) / "task" / str(pid) / "children").read_text()
    except OSError:
        return []
    return [int(each) for each in text.split()]


def reaped_seconds(pid: int, proc: Path = PROC) -> float:
    """The processor's time of the children of a process that have ended."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    ticks = text.rpartition(")")[2].split()[REAPED]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
