"""What bench.compare found: for people as Markdown, and by `dataclasses.asdict` for programs."""

import dataclasses
import statistics
from collections.abc import Callable, Iterator

from bench.load_generator import Measure

OURS, EAGER, BAKED = "ours", "eager", "baked"  # the kinds of server
AGREE = 0.98  # of the pictures on which a server must say what ours says
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
    measures: dict[int, list[Measure]] = dataclasses.field(default_factory=dict)  # by concurrency
    starts: list[float] = dataclasses.field(default_factory=list)  # seconds to the first answer
    memory_mb: list[float] = dataclasses.field(default_factory=list)
    classes: list[int] = dataclasses.field(default_factory=list)  # of each picture
    agreement: float = 0.0  # with ours of the same precision
    reason: str = ""  # why it isn't reported

    @property
    def title(self) -> str:
        """Its name beside others."""
        engine = "eager" if self.kind == EAGER else f"OpenVINO {self.precision}"
        return f"{self.name}, {self.precision if self.kind == OURS else engine}"

    @property
    def disturbed(self) -> float:
        """The most cores that anything else kept busy during a measurement."""
        return max(each.others for found in self.measures.values() for each in found)

    def median(self, workers: int, field: str) -> float:
        """The median over the rounds of one field."""
        values: list[float] = [getattr(each, field) for each in self.measures[workers]]
        return statistics.median(values)


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it."""

    pictures: int
    seconds: float  # of each measurement
    rounds: int
    workers: list[int]
    outcomes: list[Outcome]
    machine: dict[str, str]

    @property
    def good(self) -> list[Outcome]:
        """Those that ran and answered like ours."""
        return [each for each in self.outcomes if not each.reason]

    def of(self, kind: str, precision: str) -> list[Outcome]:
        """The good ones of a kind and a precision."""
        return [each for each in self.good if (each.kind, each.precision) == (kind, precision)]


def judge(outcomes: list[Outcome]) -> None:
    """Measure every server's answers by ours, and refuse those that differ."""
    expected = {each.precision: each.classes for each in outcomes if each.kind == OURS}
    for outcome in outcomes:
        ours = expected.get(outcome.precision, [])
        if outcome.reason or not ours:
            continue
        same = sum(one == other for one, other in zip(outcome.classes, ours, strict=True))
        outcome.agreement = same / len(ours)
        if outcome.agreement < AGREE:
            outcome.reason = f"it says the same as ours on {same} of {len(ours)} pictures only"


def text(report: Report) -> str:
    """The report as Markdown."""
    parts = (heading, table, ratios, tails, missing, setups, about)
    return "\n".join("\n".join([*part(report), ""]) for part in parts if list(part(report)))


def heading(report: Report) -> Iterator[str]:
    """What was measured."""
    yield (
        f"EfficientNet-Lite0 with its ImageNet weights, {report.pictures} JPEGs posted in turn, "
        f"{report.seconds:g} s a measurement, medians of {report.rounds} rounds."
    )
    yield (
        "*c8* is 8 requests at once, each sent when the one before was answered. *memory* is the "
        "PSS of all processes after the load, *first answer* the time from the start of the "
        "process, *agrees* the share of the pictures on which it names the class that ours names, "
        "*others* the most cores that anything else kept busy meanwhile: where that isn't near 0, "
        "the line says little."
    )


def table(report: Report) -> Iterator[str]:
    """A line a server, the fastest of each kind first."""
    each_c = [f"c{c} {what}" for c in report.workers for what in ("req/s", "p50 ms", "p99 ms")]
    titles = ["server", *each_c, "memory MB", "first answer s", "agrees", "others"]
    yield row(titles)
    yield row(["---", *["---:"] * (len(titles) - 1)])
    for kind, title in KINDS.items():
        found = ranked(report, [each for each in report.good if each.kind == kind])
        if found:
            yield row([f"**{title}**", *[""] * (len(titles) - 1)])
        yield from (row(cells(each, report.workers)) for each in found)


def cells(outcome: Outcome, workers: list[int]) -> list[str]:
    """One server's line."""
    speeds = [
        f"{outcome.median(count, field):.{digits}f}"
        for count in workers
        for field, digits in (("per_second", 0), ("p50_ms", 1), ("p99_ms", 1))
    ]
    memory = f"{statistics.median(outcome.memory_mb):.0f}"
    start = f"{statistics.median(outcome.starts):.1f}"
    return [
        outcome.title,
        *speeds,
        memory,
        start,
        f"{outcome.agreement:.1%}",
        f"{outcome.disturbed:.1f}",
    ]


def ranked(report: Report, outcomes: list[Outcome]) -> list[Outcome]:
    """The fastest first, at the middle number of requests at once."""
    middle = report.workers[len(report.workers) // 2]
    return sorted(outcomes, key=lambda each: -each.median(middle, "per_second"))


def ratios(report: Report) -> Iterator[str]:
    """Our requests a second for each of the fastest peer's."""
    yield from versus(
        report,
        "requests/s, ours / the fastest peer's",
        "per_second",
        lambda ours, peers: (ours / max(peers), max(peers)),
    )


def tails(report: Report) -> Iterator[str]:
    """Our p99 as a share of the quickest peer's."""
    yield from versus(
        report,
        "p99, ours / the lowest of any peer's",
        "p99_ms",
        lambda ours, peers: (ours / min(peers), min(peers)),
    )


def versus(
    report: Report,
    title: str,
    field: str,
    compare: Callable[[float, list[float]], tuple[float, float]],
) -> Iterator[str]:
    """A line for each precision of ours and kind of peer, with the peer that it is held against."""
    lines = []
    for kind in (EAGER, BAKED):
        for ours in (each for each in report.good if each.kind == OURS):
            peers = report.of(kind, "fp32" if kind == EAGER else ours.precision)
            if not peers:
                continue
            found = []
            for count in report.workers:
                values = [each.median(count, field) for each in peers]
                ratio, best = compare(ours.median(count, field), values)
                found.append(f"{ratio:.2f} ({peers[values.index(best)].name})")
            lines.append(row([f"{ours.title} / {kind}", *found]))
    if lines:
        yield row([title, *[f"c{count}" for count in report.workers]])
        yield row(["---", *["---:"] * len(report.workers)])
        yield from lines


def missing(report: Report) -> Iterator[str]:
    """What isn't in the table, and why."""
    for each in report.outcomes:
        if each.reason:
            yield f"- {each.title} isn't reported: {each.reason}"


def setups(report: Report) -> Iterator[str]:
    """How each was set up, once a name and kind."""
    yield from dict.fromkeys(
        f"- {each.name}{', our artifact' if each.kind == BAKED else ''}: {each.setup}"
        for each in report.good
    )


def about(report: Report) -> Iterator[str]:
    """The machine."""
    yield from (f"- {name}: {value}" for name, value in report.machine.items())


def row(parts: list[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(parts)} |"
