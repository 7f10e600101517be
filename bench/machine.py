"""What Linux tells: the memory of processes, what is mapped into them, and what all this ran on."""

import dataclasses
import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

PACKAGES = ("flask", "gunicorn", "httptools", "numpy", "openvino", "pillow")

TICKS = os.sysconf("SC_CLK_TCK")  # a second, in which the kernel counts processor time

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Busy:
    """Processor seconds spent so far."""

    ours: float
    others: float  # everything else on this machine


def busy(pids: list[int]) -> Busy:
    """The processor seconds of some processes, and of everything else."""
    user, nice, system, _, _, irq, softirq = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    )
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    ours = sum(int(ticks) for stat in stats for ticks in stat[11:13])  # utime, stime
    return Busy(ours / TICKS, (user + nice + system + irq + softirq - ours) / TICKS)


def gunicorn(arbiter: int) -> list[int]:
    """The processes of a gunicorn: its arbiter, then its workers."""
    children = Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text()
    return [arbiter, *map(int, children.split())]


def memory(name: str, pid: int) -> Row:
    """One process: resident, proportional (shared pages divided among their users), and torch."""
    of = Path(f"/proc/{pid}")
    return {
        "process": name,
        "rss_mb": megabytes(of / "status", "VmRSS"),
        "pss_mb": megabytes(of / "smaps_rollup", "Pss"),
        "torch": "/torch/" in (of / "maps").read_text(),
    }


def megabytes(file: Path, field: str) -> float:
    """A field that the kernel gives in kB, in MB (10^6 bytes)."""
    found = re.search(rf"^{field}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


def facts() -> dict[str, str]:
    """What it ran on."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
    }
