"""What Linux's /proc tells of processes: their CPU time, their memory, their descendants."""

import contextlib
import dataclasses
import os
import re
from pathlib import Path
from typing import Any

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")  # in which the kernel counts CPU time
PARENT, START_TIME = 1, 19  # fields of /proc/<pid>/stat, counted from the state, which is 0
CPU_TIMES = slice(11, 13)  # utime, stime
CPU_TIMES_WITH_ENDED = slice(11, 15)  # the same, and those of children that have ended
LOCAL, PEER, STATE, INODE = 1, 2, 3, 9  # fields of /proc/net/tcp; an orphan's inode is 0
CLOSED = ("04", "05")  # its states FIN_WAIT1 and FIN_WAIT2: this side has closed

MemoryRow = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class CpuTime:
    """CPU seconds so far: of some processes, and of everything else on this machine."""

    own: float
    others: float


@dataclasses.dataclass(frozen=True)
class Process:
    """A process and when it began, so that no later one of the same number is taken for it."""

    pid: int
    start_time: str

    @property
    def alive(self) -> bool:
        """Whether that very process still lives, and is no zombie."""
        try:
            fields = stat(self.pid)
        except OSError:
            return False
        return fields[START_TIME] == self.start_time and fields[0] != "Z"


def stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on.

    Raises:
        OSError: there is no such process.
    """
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def cpu_time(pids: list[int]) -> CpuTime:
    """The CPU seconds of some processes, and of everything else."""
    user, nice, system, _, _, irq, softirq = map(
        int, (PROC / "stat").read_text().splitlines()[0].split()[1:8]
    )
    own = sum(int(ticks) for pid in pids for ticks in stat(pid)[CPU_TIMES])
    others = user + nice + system + irq + softirq - own
    return CpuTime(own / TICKS_PER_SECOND, others / TICKS_PER_SECOND)


def cpu_seconds(pids: list[int]) -> float:
    """CPU seconds of these processes and of what ended below them; none of one that is gone."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            ticks += sum(map(int, stat(pid)[CPU_TIMES_WITH_ENDED]))
    return ticks / TICKS_PER_SECOND


def descendants(pid: int) -> list[Process]:
    """A process and all that descend from it, parents first."""
    children: dict[int, list[Process]] = {}
    found: list[Process] = []
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = stat(int(folder.name))
            process = Process(int(folder.name), fields[START_TIME])
            children.setdefault(int(fields[PARENT]), []).append(process)
            if process.pid == pid:
                found.append(process)
    for process in found:  # the list grows as it is walked
        found += children.get(process.pid, [])
    return found


def gunicorn_pids(arbiter: int) -> list[int]:
    """The processes of a gunicorn: its arbiter, then its workers."""
    children = (PROC / f"{arbiter}/task/{arbiter}/children").read_text()
    return [arbiter, *map(int, children.split())]


def memory(name: str, pid: int) -> MemoryRow:
    """One process: resident, proportional (shared pages divided among their users), and torch."""
    folder = PROC / str(pid)
    return {
        "process": name,
        "rss_mb": megabytes(folder / "status", "VmRSS"),
        "pss_mb": megabytes(folder / "smaps_rollup", "Pss"),
        "torch": "/torch/" in (folder / "maps").read_text(),
    }


def pss(pids: list[int]) -> float:
    """MB of memory that all these processes hold, shared pages counted once."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += megabytes(PROC / f"{pid}/smaps_rollup", "Pss")
    return total


def peak_rss(pid: int) -> float:
    """The most MB that a process has ever been resident in."""
    return megabytes(PROC / f"{pid}/status", "VmHWM")


def open_sockets(pids: list[int]) -> int:
    """How many sockets these processes have open, of all kinds."""
    count = 0
    for pid in pids:
        for file in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):  # closed since
                count += file.readlink().name.startswith("socket:")
    return count


def orphaned_peers(port: int) -> set[int]:
    """The other ends' ports of what a server has closed, while the kernel still sends its answer.

    `port` is the server's, on IPv4.
    """
    lines = (PROC / "net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return {
        int(row[PEER].rpartition(":")[2], 16)
        for row in rows
        if row[LOCAL].endswith(f":{port:04X}") and row[STATE] in CLOSED and row[INODE] == "0"
    }


def megabytes(file: Path, field: str) -> float:
    """A field that the kernel gives in kB, in MB (10^6 bytes)."""
    found = re.search(rf"^{field}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")
