"""What bench.hop found of a model; `dataclasses.asdict` of it is what programs read."""

import dataclasses

from bench import procfs, rounds
from bench.rounds import Round

DIRECT, GATEWAY, IN_PROCESS = "direct", "gateway", "in-process"
CASES = (DIRECT, GATEWAY, IN_PROCESS)
RATIOS = ((GATEWAY, DIRECT), (DIRECT, IN_PROCESS), (GATEWAY, IN_PROCESS))


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
    return [
        f"{report.model}: {report.pictures} pictures in turn, {report.seconds:g} s a measurement,",
        rounds.medians_of(report.rounds),
    ]


def speeds(report: Report) -> list[str]:
    """How fast."""
    columns = [
        rounds.field("requests/s", "requests_per_second"),
        rounds.field("p50 ms", "p50_ms"),
        rounds.field("p99 ms", "p99_ms"),
    ]
    return rounds.table(report.rounds, CASES, columns)


def ratios(report: Report) -> list[str]:
    """A line per concurrency and pair of cases, each ratio taken within its round."""
    lines = [rounds.row("", "at once", "requests/s, ratio")]
    for concurrency, found in rounds.by_concurrency(report.rounds).items():
        for upper, lower in RATIOS:
            cell = rounds.spread((each.ratio(upper, lower) for each in found), 2)
            lines.append(rounds.row(f"{upper}/{lower}", str(concurrency), cell))
    return lines


def costs(report: Report) -> list[str]:
    """How much work, which a busy machine changes least, and how busy the machine was."""
    columns = [
        rounds.field("CPU ms/request", "cpu_ms"),
        rounds.field("other cores busy", "other_cores"),
    ]
    return rounds.table(report.rounds, CASES, columns)


def memory(report: Report) -> list[str]:
    """A line per process."""
    lines = [rounds.row("", "", "RSS MB", "PSS MB", "torch mapped")]
    for each in report.processes:
        mapped = "yes" if each["torch"] else "no"
        cells = (f"{each['rss_mb']:.0f}", f"{each['pss_mb']:.0f}", mapped)
        lines.append(rounds.row(each["process"], "", *cells))
    return lines


def environment(report: Report) -> list[str]:
    """How long the service took to start, and the machine."""
    start = f"{rounds.spread(report.starts, 2)} s after its start, {len(report.starts)} times"
    facts = {"service ready": start} | report.machine
    return [f"{name:<22} {value}" for name, value in facts.items()]
