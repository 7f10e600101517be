"""What bench.backends found; `dataclasses.asdict` of it is what programs read."""

import dataclasses

from bench import rounds
from bench.hop_report import DIRECT, GATEWAY
from bench.rounds import Column, Round


@dataclasses.dataclass(frozen=True)
class Report:
    """All of the run."""

    pictures: int
    seconds: float  # of each measurement
    rounds: dict[str, list[Round]]  # by the backend's id
    machine: dict[str, str]


def text(report: Report) -> str:
    """The report as aligned tables: medians, with minimum and maximum in brackets."""
    some = next(iter(report.rounds.values()))
    heading = [
        f"{report.pictures} pictures in turn, {report.seconds:g} s a measurement,",
        rounds.medians_of(some),
    ]
    facts = [f"{name:<22} {value}" for name, value in report.machine.items()]
    tables = [backend(name, found) for name, found in report.rounds.items()]
    return "\n\n".join("\n".join(part) for part in (heading, *tables, facts))


def backend(name: str, found: list[Round]) -> list[str]:
    """How fast one is each way, and what the gateway takes for that."""
    speeds = [
        rounds.field("requests/s", "requests_per_second", 0),
        rounds.field("p50 ms", "p50_ms", 2),
        rounds.field("other cores busy", "other_cores", 2),
    ]
    costs = [
        Column("requests/s, ratio", lambda each, case: each.ratio(case, DIRECT), 2),
        rounds.field("gateway CPU ms/request", "server_cpu_ms", 3),
    ]
    return [
        f"{name}:",
        *rounds.table(found, (DIRECT, GATEWAY), speeds),
        *rounds.table(found, (GATEWAY,), costs),
    ]
