"""What bench.soak found; `dataclasses.asdict` of it is what programs read."""

import collections
import dataclasses
from collections.abc import Iterable

from bench.paced_clients import NOT_SENT

SETTLED = 3  # minutes after which memory may grow no more, where there are more
MAX_GROWTH = 0.05  # of memory since then
MAX_LATE = 0.01  # of requests that this machine did not come to send


@dataclasses.dataclass(frozen=True)
class Minute:
    """A minute of the load, or what was left of the last one."""

    answered: int
    p50_ms: float
    p99_ms: float
    failures: dict[str, int]  # by reason
    gateway_mb: float  # memory of all processes at its end, shared pages counted once
    service_mb: float
    changes: int  # of the manifest
    followed: int  # of these, as the gateway says

    @property
    def failed(self) -> int:
        """Requests that were not answered right."""
        return sum(count for reason, count in self.failures.items() if reason != NOT_SENT)

    @property
    def late(self) -> int:
        """Requests that this machine did not come to send in time."""
        return self.failures.get(NOT_SENT, 0)


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    capacity: float  # requests a second that the gateway can do here
    rate: float  # that were sent
    minutes: list[Minute]
    machine: dict[str, str]

    @property
    def growth(self) -> float:
        """By how much of itself all memory has grown since it had settled."""
        first = self.minutes[min(SETTLED, len(self.minutes)) - 1]
        last = self.minutes[-1]
        return (last.gateway_mb + last.service_mb) / (first.gateway_mb + first.service_mb) - 1


def heading(capacity: float, rate: float) -> str:
    """What is sent, and the titles of the columns."""
    titles = ("minute", "answered", "p50 ms", "p99 ms", "failed", "late", "gateway MB",
              "service MB", "changes", "followed")  # fmt: skip
    return (
        f"the gateway can do {capacity:.0f} requests a second here; {rate:.0f} are sent\n\n"
        f"{row(titles)}"
    )


def line(number: int, minute: Minute) -> str:
    """A minute's line."""
    cells = (
        number, minute.answered, f"{minute.p50_ms:.2f}", f"{minute.p99_ms:.2f}", minute.failed,
        minute.late, f"{minute.gateway_mb:.1f}", f"{minute.service_mb:.1f}", minute.changes,
        minute.followed,
    )  # fmt: skip
    return row(map(str, cells))


def row(cells: Iterable[str]) -> str:
    """A line of the table."""
    return "".join(f"{cell:>12}" for cell in cells)


def text(report: Report) -> str:
    """The verdict, and what it ran on."""
    found, since = faults(report), min(SETTLED, len(report.minutes))
    answered, failed = (
        sum(getattr(each, name) for each in report.minutes) for name in ("answered", "failed")
    )
    lines = [
        f"{answered:,} answered, {failed} failed",
        f"memory grew by {report.growth:.1%} since minute {since}",
        "passed" if not found else f"failed: {'; '.join(found)}",
    ]
    facts = [f"{name:<22} {value}" for name, value in report.machine.items()]
    return "\n".join(["", *lines, "", *facts])


def faults(report: Report) -> list[str]:
    """Why it is not as it must be."""
    failures = sum((collections.Counter(each.failures) for each in report.minutes),
                   collections.Counter[str]())  # fmt: skip
    late, found = failures.pop(NOT_SENT, 0), [f"{n} x {each}" for each, n in failures.items()]
    if late > MAX_LATE * sum(each.answered for each in report.minutes):
        found.append(f"{late} requests were not sent, so that the load was less")
    if report.growth > MAX_GROWTH:
        found.append(f"memory grew by {report.growth:.1%}")
    if any(each.changes and not each.followed for each in report.minutes):
        found.append("changes of the manifest were not followed")
    return found
