"""What bench.compare found; `dataclasses.asdict` of it is what programs read."""

import dataclasses
import statistics

from bench.workload import Measurement

OURS, EAGER, BAKED = "ours", "eager", "baked"  # the kinds of server
MIN_AGREEMENT = 0.98  # share of the pictures on which a server must name the class that ours names
KINDS = {
    OURS: "Passerelle, through its gateway with keys, tracing and logs",
    BAKED: "Other servers with our OpenVINO artifact inside",
    EAGER: "Other servers with eager PyTorch",
}


@dataclasses.dataclass
class Outcome:
    """What was found of one server, a value a round."""

    name: str
    kind: str
    precision: str
    setup: str
    # by the number of requests at once
    measurements: dict[int, list[Measurement]] = dataclasses.field(default_factory=dict)
    starts: list[float] = dataclasses.field(default_factory=list)  # seconds to the first answer
    memory_mb: list[float] = dataclasses.field(default_factory=list)
    classes: list[int] = dataclasses.field(default_factory=list)  # of each picture
    agreement: float = 0.0  # with ours of the same precision
    failure: str = ""  # why it isn't reported

    @property
    def title(self) -> str:
        """Its name beside others."""
        engine = "eager" if self.kind == EAGER else f"OpenVINO {self.precision}"
        return f"{self.name}, {self.precision if self.kind == OURS else engine}"

    @property
    def max_other_cores(self) -> float:
        """The most cores that anything else kept busy during a measurement."""
        return max(each.other_cores for found in self.measurements.values() for each in found)

    def median(self, concurrency: int, field: str) -> float:
        """The median over the rounds of one field of a measurement."""
        values: list[float] = [getattr(each, field) for each in self.measurements[concurrency]]
        return statistics.median(values)


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    pictures: int
    seconds: float  # of each measurement
    rounds: int
    concurrencies: list[int]
    outcomes: list[Outcome]
    machine: dict[str, str]

    @property
    def successes(self) -> list[Outcome]:
        """Those that ran and answered like ours."""
        return [each for each in self.outcomes if not each.failure]

    def ranked(self, kind: str) -> list[Outcome]:
        """The successes of a kind, the fastest first at the middle number of requests at once."""
        middle = self.concurrencies[len(self.concurrencies) // 2]
        found = [each for each in self.successes if each.kind == kind]
        return sorted(found, key=lambda each: -each.median(middle, "requests_per_second"))

    def of(self, kind: str, precision: str) -> list[Outcome]:
        """The successes of a kind and a precision."""
        return [each for each in self.successes if (each.kind, each.precision) == (kind, precision)]


def check_agreement(outcomes: list[Outcome]) -> None:
    """Compare every server's answers with ours, and fail those that differ."""
    expected = {each.precision: each.classes for each in outcomes if each.kind == OURS}
    for outcome in outcomes:
        ours = expected.get(outcome.precision, [])
        if outcome.failure or not ours:
            continue
        same = sum(one == other for one, other in zip(outcome.classes, ours, strict=True))
        outcome.agreement = same / len(ours)
        if outcome.agreement < MIN_AGREEMENT:
            outcome.failure = (
                f"it names the class that ours names on only {same} of {len(ours)} pictures"
            )
