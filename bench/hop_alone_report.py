"""What bench.hop found of the hop alone; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import math

from bench import rounds
from bench.hop_report import DIRECT
from bench.rounds import Column, Round


@dataclasses.dataclass(frozen=True)
class Report:
    """All of the run. The cases are DIRECT and each gateway by its name."""

    gateways: list[str]
    body_bytes: int
    seconds: float  # of each measurement
    rounds: list[Round]
    machine: dict[str, str]


def text(report: Report) -> str:
    """The report as aligned tables: medians, with minimum and maximum in brackets."""
    parts = [heading(report), speeds(report), costs(report)]
    if len(report.gateways) > 1:
        parts.append(ratios(report))
    parts.append([f"{name:<22} {value}" for name, value in report.machine.items()])
    return "\n\n".join("\n".join(part) for part in parts)


def heading(report: Report) -> list[str]:
    """What was measured."""
    return [
        f"the hop alone: {report.body_bytes:,} bytes and a key to a stand-in service,",
        f"{report.seconds:g} s a measurement, {rounds.medians_of(report.rounds)}",
    ]


def speeds(report: Report) -> list[str]:
    """How fast, straight to the stand-in and through each gateway."""
    columns = [
        rounds.field("requests/s", "requests_per_second", 0),
        rounds.field("p50 ms", "p50_ms", 2),
        rounds.field("p99 ms", "p99_ms", 2),
        rounds.field("other cores busy", "other_cores", 2),
    ]
    return rounds.table(report.rounds, [DIRECT, *report.gateways], columns)


def costs(report: Report) -> list[str]:
    """What each gateway costs, by its own processes alone, and what it adds at the median."""
    columns = [
        rounds.field("gateway CPU ms/request", "server_cpu_ms", 3),
        Column("requests/s a core", requests_per_core, 0),
        Column("ms added at p50", added_ms, 2),
    ]
    return rounds.table(report.rounds, report.gateways, columns)


def requests_per_core(each: Round, gateway: str) -> float:
    """The requests a second for which a whole core of gateway is enough.

    Infinite where a short measurement took less than the kernel counts.
    """
    cpu_ms = each.measurements[gateway].server_cpu_ms
    return 1000 / cpu_ms if cpu_ms else math.inf


def added_ms(each: Round, gateway: str) -> float:
    """What the gateway adds to the median latency, in ms."""
    return each.measurements[gateway].p50_ms - each.measurements[DIRECT].p50_ms


def ratios(report: Report) -> list[str]:
    """How fast each other gateway is, and what it costs, beside the first in the same round."""
    first, *others = report.gateways

    def per_core(each: Round, gateway: str) -> float:
        return requests_per_core(each, gateway) / requests_per_core(each, first)

    def more_ms(each: Round, gateway: str) -> float:
        return each.measurements[gateway].server_cpu_ms - each.measurements[first].server_cpu_ms

    columns = [
        Column("a core, ratio", per_core, 2),
        Column("requests/s, ratio", lambda each, gateway: each.ratio(gateway, first), 2),
        Column("CPU ms more", more_ms, 3),
    ]
    return [f"each of {first}'s:", *rounds.table(report.rounds, others, columns)]
