"""What bench.hop found, for people; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import statistics
from collections.abc import Iterable

from bench import procfs
from bench.workload import Measurement

DIRECT, GATEWAY, IN_PROCESS = "direct", "gateway", "in-process"
RATIOS = ((GATEWAY, DIRECT), (DIRECT, IN_PROCESS), (GATEWAY, IN_PROCESS))


@dataclasses.dataclass(frozen=True)
class Round:
    """The three cases, one right after another, with the same number of requests at once."""

    concurrency: int
    measurements: dict[str, Measurement]  # by case

    def ratio(self, upper: str, lower: str) -> float:
        """How many requests per second one case had for each of another's."""
        found = self.measurements
        return found[upper].requests_per_second / found[lower].requests_per_second


@dataclasses.dataclass(frozen=True)
class Report:
    """All of one model's run."""

    model: str
    pictures: int
    seconds: float  # of each measurement
    rounds: list[Round]
    starts: list[float]  # seconds from the model service's start until it was ready
    processes: list[procfs.MemoryRow]
    machine: dict[str, str]

    @property
    def concurrencies(self) -> list[int]:
        """The numbers of requests at once, in the order in which they were measured."""
        return list(dict.fromkeys(each.concurrency for each in self.rounds))

    def rounds_at(self, concurrency: int) -> list[Round]:
        """The rounds with that many requests at once."""
        return [each for each in self.rounds if each.concurrency == concurrency]


def text(report: Report) -> str:
    """The report as aligned tables: medians, with minimum and maximum in brackets."""
    parts = (
        heading(report),
        speeds(report),
        ratios(report),
        costs(report),
        memory(report),
        environment(report),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def heading(report: Report) -> list[str]:
    """What was measured."""
    count = len(report.rounds) // len(report.concurrencies)
    return [
        f"{report.model}: {report.pictures} pictures in turn, {report.seconds:g} s a measurement,",
        f"medians of {count} {'round' if count == 1 else 'rounds'} (minimum-maximum)",
    ]


def speeds(report: Report) -> list[str]:
    """How fast."""
    titles = {"requests_per_second": "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms"}
    return cases(report, titles)


def costs(report: Report) -> list[str]:
    """How much work, which a busy machine changes least, and how busy the machine was."""
    return cases(report, {"cpu_ms": "CPU ms/request", "other_cores": "other cores busy"})


def cases(report: Report, titles: dict[str, str]) -> list[str]:
    """A line per concurrency and case, with these fields of its measurements."""
    lines = [row("", "at once", *titles.values())]
    for concurrency in report.concurrencies:
        for case in (DIRECT, GATEWAY, IN_PROCESS):
            found = [each.measurements[case] for each in report.rounds_at(concurrency)]
            cells = [spread(getattr(each, field) for each in found) for field in titles]
            lines.append(row(case, str(concurrency), *cells))
    return lines


def ratios(report: Report) -> list[str]:
    """A line per concurrency and pair of cases, each ratio taken within its round."""
    lines = [row("", "at once", "requests/s, ratio")]
    for concurrency in report.concurrencies:
        for upper, lower in RATIOS:
            found = [each.ratio(upper, lower) for each in report.rounds_at(concurrency)]
            lines.append(row(f"{upper}/{lower}", str(concurrency), spread(found, 2)))
    return lines


def memory(report: Report) -> list[str]:
    """A line per process."""
    lines = [row("", "", "RSS MB", "PSS MB", "torch mapped")]
    for each in report.processes:
        mapped = "yes" if each["torch"] else "no"
        cells = (f"{each['rss_mb']:.0f}", f"{each['pss_mb']:.0f}", mapped)
        lines.append(row(each["process"], "", *cells))
    return lines


def environment(report: Report) -> list[str]:
    """How long the service took to start, and the machine."""
    start = f"{spread(report.starts, 2)} s after its start, {len(report.starts)} times"
    facts = {"service ready": start} | report.machine
    return [f"{name:<22} {value}" for name, value in facts.items()]


def row(name: str, concurrency: str, *cells: str) -> str:
    """One line of a table."""
    return f"{name:<22}{concurrency:>8}" + "".join(f"{cell:>22}" for cell in cells)


def spread(values: Iterable[float], digits: int = 1) -> str:
    """The median, with minimum and maximum."""
    found = sorted(values)
    median, low, high = (
        f"{value:.{digits}f}" for value in (statistics.median(found), found[0], found[-1])
    )
    return f"{median} ({low}-{high})"
