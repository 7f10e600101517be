"""What the system lets this process's control group use: processor time, and memory.

A group may lie in others, and the tightest limit of all of them holds. Version 2 has one tree of
groups; version 1 has one for each kind, and on a hybrid system both are there. A container sees its
own group either as the root of the tree or at the path that the system knows it by.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/ beside it
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the system says it; a test has places of its own."""

    tree: Path = Path("/sys/fs/cgroup")
    membership: Path = Path("/proc/self/cgroup")


PLACES = Places()


def processors(places: Places = PLACES) -> float | None:
    """The processors whose time it may use, such as 1.5; None where there is no limit."""
    limits = [_v2_quota(each) for each in _groups("", places)]
    limits += [_v1_quota(each) for each in _groups("cpu", places)]
    return min((each for each in limits if each), default=None)


def memory(places: Places = PLACES) -> int | None:
    """The bytes that it may use; None where there is no limit.

    Version 1 writes no limit as a number larger than any memory.
    """
    files = [
        group / name for group in _groups("", places) for name in ("memory.max", "memory.high")
    ]
    files += [group / "memory.limit_in_bytes" for group in _groups("memory", places)]
    limits = [number for file in files if (number := _number(_text(file))) is not None]
    return min((each for each in limits if 0 < each < _UNLIMITED), default=None)


_UNLIMITED = 1 << 60  # bytes


def _groups(controller: str, places: Places) -> Iterator[Path]:
    """The folders of the group and of those that it lies in; version 2's where no kind is named."""
    for line in _text(places.membership).splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if controller not in controllers.split(","):
            continue
        names = (controllers, controller) if controller else ("", "unified")
        for name in dict.fromkeys(names):
            yield from _upwards(places.tree / name, PurePosixPath(path))


def _upwards(root: Path, path: PurePosixPath) -> Iterator[Path]:
    """The folders of a path below a root, as far as they are seen from here."""
    inside = () if ".." in path.parts else path.parts[1:]
    for count in range(len(inside), -1, -1):
        yield root.joinpath(*inside[:count])


def _v2_quota(group: Path) -> float | None:
    quota, _, period = _text(group / "cpu.max").partition(" ")
    return _ratio(quota, period)


def _v1_quota(group: Path) -> float | None:
    return _ratio(_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    """The share of time; None where the quota is `max` or -1, or isn't there."""
    used, whole = _number(quota), _number(period)
    return used / whole if used and whole and used > 0 and whole > 0 else None


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
