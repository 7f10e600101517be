"""Measurements and outcomes that the tests of bench need, with only what matters given."""

from bench.comparison import BAKED, EAGER, OURS, Outcome, Report
from bench.workload import Measurement


def measurement(per_second: float = 100.0, p99_ms: float = 20.0) -> Measurement:
    return Measurement(
        requests=10,
        requests_per_second=per_second,
        p50_ms=10.0,
        p99_ms=p99_ms,
        cpu_ms=5.0,
        server_cpu_ms=0.5,
        other_cores=0.0,
    )


def outcome(name: str, kind: str, per_second: float = 100.0, precision: str = "fp32") -> Outcome:
    return Outcome(
        name, kind, precision, f"how {name} is set up",
        measurements={1: [measurement(per_second)], 8: [measurement(2 * per_second)]},
        starts=[1.0], memory_mb=[200.0], classes=[1, 2], agreement=1.0,
    )  # fmt: skip


def report(*outcomes: Outcome) -> Report:
    return Report(
        pictures=2, seconds=1.0, rounds=1, concurrencies=[1, 8], outcomes=list(outcomes),
        machine={"cores": "2"},
    )  # fmt: skip


def full_report() -> Report:
    """Ours, two eager peers and one with our artifact."""
    return report(
        outcome("Passerelle", OURS, 100), outcome("Slow", EAGER, 20), outcome("Fast", EAGER, 50),
        outcome("Fast", BAKED, 80),
    )  # fmt: skip
