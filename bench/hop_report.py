"""What bench.hop found, for people; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import statistics
from collections.abc import Iterable

from bench import machine
from bench.load_generator import Measure

CASES = ("direct", "gateway", "limit")
RATIOS = (("gateway", "direct"), ("direct", "limit"), ("gateway", "limit"))


@dataclasses.dataclass(frozen=True)
class Round:
    """The three cases, one right after another, with the same number of workers."""

    workers: int
    direct: Measure
    gateway: Measure
    limit: Measure

    def ratio(self, upper: str, lower: str) -> float:
        """How many requests per second one case had for each of another's."""
        by_case: dict[str, Measure] = vars(self)
        return by_case[upper].per_second / by_case[lower].per_second


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    model: str
    pictures: int
    seconds: float  # of each measurement
    rounds: list[Round]
    starts: list[float]  # seconds from the model service's start until it was ready
    processes: list[machine.Row]
    machine: dict[str, str]


def text(report: Report) -> str:
    """The report as aligned tables: medians, with the least and the greatest in brackets."""
    parts = (
        heading(report),
        speeds(report),
        ratios(report),
        costs(report),
        memory(report),
        about(report),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def heading(report: Report) -> list[str]:
    """What was measured."""
    count = len(report.rounds) // len(concurrencies(report))
    return [
        f"{report.model}: {report.pictures} pictures in turn, {report.seconds:g} s a measurement,",
        f"medians of {count} rounds (least-greatest)",
    ]


def speeds(report: Report) -> list[str]:
    """How fast."""
    return cases(report, {"per_second": "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms"})


def costs(report: Report) -> list[str]:
    """How much work, which a busy machine changes least, and how busy the machine was."""
    return cases(report, {"cpu_ms": "processor ms/request", "others": "cores others used"})


def cases(report: Report, titles: dict[str, str]) -> list[str]:
    """A line per number of workers and case, with these fields of its measures."""
    lines = [row("", "at once", *titles.values())]
    for workers in concurrencies(report):
        for case in CASES:
            found = [getattr(r, case) for r in report.rounds if r.workers == workers]
            cells = [spread(getattr(each, field) for each in found) for field in titles]
            lines.append(row(case, str(workers), *cells))
    return lines


def ratios(report: Report) -> list[str]:
    """A line per number of workers and pair of cases, each ratio taken within its round."""
    lines = [row("", "at once", "requests/s, ratio")]
    for workers in concurrencies(report):
        for upper, lower in RATIOS:
            found = [r.ratio(upper, lower) for r in report.rounds if r.workers == workers]
            lines.append(row(f"{upper}/{lower}", str(workers), spread(found, 2)))
    return lines


def memory(report: Report) -> list[str]:
    """A line per process."""
    lines = [row("", "", "RSS MB", "PSS MB", "torch mapped")]
    for each in report.processes:
        mapped = "yes" if each["torch"] else "no"
        cells = (f"{each['rss_mb']:.0f}", f"{each['pss_mb']:.0f}", mapped)
        lines.append(row(each["process"], "", *cells))
    return lines


def about(report: Report) -> list[str]:
    """How long the service took to start, and the machine."""
    start = f"{spread(report.starts, 2)} s after its start, {len(report.starts)} times"
    facts = {"service ready": start} | report.machine
    return [f"{name:<22} {value}" for name, value in facts.items()]


def concurrencies(report: Report) -> list[int]:
    """The numbers of workers, in the order in which they were measured."""
    return list(dict.fromkeys(each.workers for each in report.rounds))


def row(name: str, workers: str, *cells: str) -> str:
    """One line of a table."""
    return f"{name:<22}{workers:>8}" + "".join(f"{cell:>22}" for cell in cells)


def spread(values: Iterable[float], digits: int = 1) -> str:
    """The median, with the least and the greatest."""
    found = sorted(values)
    middle, least, greatest = (
        f"{value:.{digits}f}" for value in (statistics.median(found), found[0], found[-1])
    )
    return f"{middle} ({least}-{greatest})"
