"""What bench.mirror found; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import statistics
from collections.abc import Callable

from bench.paced_clients import Outcome
from bench.rounds import spread

FIRST, AGAIN = "without a mirror", "without, again"
WITHOUT = (FIRST, AGAIN)
CASES = (FIRST, "well", "frozen", "killed", "slow", AGAIN)
MAX_RATIO = 1.5  # of the p99 with a mirror and without, in the median of the rounds


@dataclasses.dataclass(frozen=True)
class Counts:
    """What became of the mirrored requests."""

    requests: int = 0  # that the mirror was asked
    errors: int = 0
    skipped: int = 0
    compared: int = 0

    @property
    def ended(self) -> int:
        """All of them that aren't on their way."""
        return self.requests + self.skipped

    def __sub__(self, other: "Counts") -> "Counts":
        """Those since then."""
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Counts(*(one - before for one, before in pairs))


@dataclasses.dataclass(frozen=True)
class Phase:
    """One case in one round."""

    latencies: list[float]  # seconds
    failures: dict[str, int]  # by reason
    other_cores: float  # that everything else on the machine kept busy
    mirrored: Counts = Counts()  # it never changes

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the latencies in ms; NaN where there are too few."""
        return Outcome(self.latencies, self.failures).percentile_ms(percent)


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    rate: float  # requests a second
    seconds: float  # of each case in a round
    delay: float  # seconds that the models take
    rounds: list[dict[str, Phase]]  # by case
    machine: dict[str, str]

    def ratios(self, case: str, percent: int) -> list[float]:
        """A case's percentile by that of the first, in each round."""
        return [
            each[case].percentile_ms(percent) / each[FIRST].percentile_ms(percent)
            for each in self.rounds
        ]


def text(report: Report) -> str:
    """The report as aligned tables, and the verdict."""
    heading = [
        f"{report.rate:g} requests a second for {report.seconds:g} s in each case, of a model that",
        f"takes {report.delay * 1000:g} ms; medians of {len(report.rounds)} rounds, and within",
        "which bounds they lie; ratios are those of a round",
    ]
    lines = [f"{name:<22} {value}" for name, value in report.machine.items()]
    parts = heading, times(report), mirrored(report), verdict(report), lines
    return "\n\n".join("\n".join(part) for part in parts)


def times(report: Report) -> list[str]:
    """The clients' requests in each case."""
    lines = [row("the mirror", "p50 ms", "p99 ms", "p50 ratio", "p99 ratio", "failed", "others")]
    for case in CASES:
        found = [each[case] for each in report.rounds]
        cells = [spread((each.percentile_ms(percent) for each in found), 2) for percent in (50, 99)]
        cells += [spread(report.ratios(case, percent), 2) for percent in (50, 99)]
        failed = sum(sum(each.failures.values()) for each in found)
        cores = spread((each.other_cores for each in found), 2)
        lines.append(row(case, *cells, str(failed), cores))
    return lines


def mirrored(report: Report) -> list[str]:
    """What became of the mirrored requests, of all rounds together."""
    lines = [row("mirrored requests", "asked", "failed", "skipped", "compared")]
    for case in CASES:
        if case not in WITHOUT:
            found = [each[case].mirrored for each in report.rounds]
            lines.append(row(case, *(str(sum(map(of, found))) for of in FIGURES)))
    return lines


FIGURES: tuple[Callable[[Counts], int], ...] = (
    lambda each: each.requests,
    lambda each: each.errors,
    lambda each: each.skipped,
    lambda each: each.compared,
)


def verdict(report: Report) -> list[str]:
    """Whether the mirror costs nobody anything."""
    found = faults(report)
    return [f"failed: {'; '.join(found)}" if found else "passed"]


def faults(report: Report) -> list[str]:
    """Where it does, or why nobody can say."""
    found = []
    for case in CASES[1:]:
        reasons = {reason for each in report.rounds for reason in each[case].failures}
        found += [f"{case}: {reason}" for reason in sorted(reasons)]
        ratio = statistics.median(report.ratios(case, 99))
        if not ratio <= MAX_RATIO:
            found.append(f"{case}: p99 is {ratio:.2f} times that without, more than {MAX_RATIO:g}")
    return found


def row(name: str, *cells: str) -> str:
    """One line of a table."""
    return f"{name:<20}" + "".join(f"{cell:>22}" for cell in cells)
