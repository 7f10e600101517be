"""What bench.slow_clients found; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import statistics

from bench.paced_clients import Outcome
from bench.slow_crowd import Count

MAX_RATIO = 2.0  # of p99 beside slow clients and without them
MIN_HELD = 0.8  # of the slow clients: whom the gateway lets go takes a second to come again


@dataclasses.dataclass(frozen=True)
class Sample:
    """The gateway at one moment."""

    sockets: int  # open, of all its processes
    pss_mb: float  # their memory, shared pages counted once
    slow: int  # slow clients connected, as they see it


@dataclasses.dataclass(frozen=True)
class Phase:
    """Some seconds of ordinary requests, and the gateway meanwhile."""

    requests: Outcome  # through the gateway
    straight: Outcome  # as many, straight to the stand-in, which no slow client asks
    samples: list[Sample]
    cores: float  # that the gateway kept busy
    other_cores: float  # that everything else on the machine did


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    clients: int
    seconds: float  # of each phase
    rate: float  # ordinary requests a second
    quiet: Phase
    crowded: Phase
    slow: dict[str, Count]  # by kind
    peak_mb: float  # the most that one process of the gateway was resident in
    machine: dict[str, str]


def text(report: Report) -> str:
    """The report as aligned tables, and the verdict."""
    parts = (
        heading(report), requests(report), gateway(report), slow_clients(report), verdict(report),
    )  # fmt: skip
    lines = [f"{name:<22} {value}" for name, value in report.machine.items()]
    return "\n\n".join("\n".join(part) for part in (*parts, lines))


def verdict(report: Report) -> list[str]:
    """Whether ordinary requests fare as well as they must."""
    found = faults(report)
    return [f"failed: {'; '.join(found)}" if found else "passed"]


def faults(report: Report) -> list[str]:
    """Why they don't, or why nobody can say."""
    quiet, crowded = report.quiet.requests, report.crowded.requests
    found = [f"{count} x {reason}" for reason, count in crowded.failures.items()]
    ratio = crowded.percentile_ms(99) / quiet.percentile_ms(99)
    if not ratio <= MAX_RATIO:
        found.append(f"p99 is {ratio:.2f} times the quiet one, more than {MAX_RATIO:g}")
    held = min(each.slow for each in report.crowded.samples)
    if held < MIN_HELD * report.clients:
        found.append(f"{held} of {report.clients} slow clients were connected at some time")
    return found


def heading(report: Report) -> list[str]:
    """What was measured."""
    return [
        f"{report.clients} slow clients beside {report.rate:g} ordinary requests a second,",
        f"for {report.seconds:g} s; quiet: as long without them",
    ]


def requests(report: Report) -> list[str]:
    """The ordinary requests."""
    phases = (report.quiet.requests, report.crowded.requests)
    straight = (report.quiet.straight, report.crowded.straight)
    lines = [row("ordinary requests", "quiet", "beside them", "ratio")]
    lines += [percentile(f"p{percent} ms", phases, percent) for percent in (50, 99)]
    lines.append(percentile("p99 ms straight", straight, 99))
    longest = (f"{max(each.latencies, default=float('nan')) * 1000:.2f}" for each in phases)
    lines.append(row("longest ms", *longest))
    lines.append(row("answered", *(str(len(each.latencies)) for each in phases)))
    lines.append(row("failed", *(str(sum(each.failures.values())) for each in phases)))
    return lines + [
        row(f"  {reason}", *(str(each.failures.get(reason, 0)) for each in phases))
        for reason in sorted({**phases[0].failures, **phases[1].failures})
    ]


def percentile(title: str, phases: tuple[Outcome, Outcome], percent: int) -> str:
    """A line with a percentile of both phases, and how many times the first the second is."""
    quiet, crowded = (each.percentile_ms(percent) for each in phases)
    return row(title, f"{quiet:.2f}", f"{crowded:.2f}", f"{crowded / quiet:.2f}")


def gateway(report: Report) -> list[str]:
    """The gateway's sockets, memory and work."""
    phases = (report.quiet, report.crowded)
    sockets = [[each.sockets for each in phase.samples] for phase in phases]
    return [
        row("gateway", "quiet", "beside them"),
        row("sockets open, median", *(f"{statistics.median(each):.0f}" for each in sockets)),
        row("sockets open, most", *(str(max(each)) for each in sockets)),
        row(
            "PSS MB in all, most",
            *(f"{max(s.pss_mb for s in each.samples):.1f}" for each in phases),
        ),
        row("RSS MB of one, most", "", f"{report.peak_mb:.1f}"),
        row("cores busy", *(f"{each.cores:.2f}" for each in phases)),
        row("other cores busy", *(f"{each.other_cores:.2f}" for each in phases)),
        row("slow clients, least", "", str(min(each.slow for each in report.crowded.samples))),
    ]


def slow_clients(report: Report) -> list[str]:
    """What became of each kind."""
    lines = [row("slow clients", "of the kind", "connections", "let go", "not connected")]
    for name, each in report.slow.items():
        cells = (each.clients, each.connections, each.let_go, each.not_connected)
        lines.append(row(name, *map(str, cells)))
    return lines


def row(name: str, *cells: str) -> str:
    """One line of a table."""
    return f"{name:<26}" + "".join(f"{cell:>16}" for cell in cells)
