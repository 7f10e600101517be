"""What bench.compare found, for people: Markdown."""

import statistics
from collections.abc import Callable, Iterator

from bench.comparison import BAKED, EAGER, KINDS, OURS, Outcome, Report


def text(report: Report) -> str:
    """The report as Markdown."""
    parts = (heading, table, speed_ratios, p99_ratios, failures, setups, machine)
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
        "*other cores* the most cores that anything else kept busy at the "
        "same time: where that isn't near 0, the line says little."
    )


def table(report: Report) -> Iterator[str]:
    """A line a server, the fastest of each kind first."""
    columns = [
        f"c{count} {quantity}"
        for count in report.concurrencies
        for quantity in ("req/s", "p50 ms", "p99 ms")
    ]
    titles = ["server", *columns, "memory MB", "first answer s", "agrees", "other cores"]
    yield row(titles)
    yield row(["---", *["---:"] * (len(titles) - 1)])
    for kind, title in KINDS.items():
        found = report.ranked(kind)
        if found:
            yield row([f"**{title}**", *[""] * (len(titles) - 1)])
        yield from (row(cells(each, report.concurrencies)) for each in found)


def cells(outcome: Outcome, concurrencies: list[int]) -> list[str]:
    """One server's line."""
    speeds = [
        f"{outcome.median(count, field):.{digits}f}"
        for count in concurrencies
        for field, digits in (("requests_per_second", 0), ("p50_ms", 1), ("p99_ms", 1))
    ]
    memory = f"{statistics.median(outcome.memory_mb):.0f}"
    start = f"{statistics.median(outcome.starts):.1f}"
    return [
        outcome.title,
        *speeds,
        memory,
        start,
        f"{outcome.agreement:.1%}",
        f"{outcome.max_other_cores:.1f}",
    ]


def speed_ratios(report: Report) -> Iterator[str]:
    """Our requests a second for each of the fastest peer's."""
    yield from ratio_table(
        report,
        "requests/s, ours / the fastest peer's",
        "requests_per_second",
        lambda ours, peers: (ours / max(peers), max(peers)),
    )


def p99_ratios(report: Report) -> Iterator[str]:
    """Our p99 as a share of the quickest peer's."""
    yield from ratio_table(
        report,
        "p99, ours / the lowest of any peer's",
        "p99_ms",
        lambda ours, peers: (ours / min(peers), min(peers)),
    )


def ratio_table(
    report: Report,
    title: str,
    field: str,
    compare: Callable[[float, list[float]], tuple[float, float]],
) -> Iterator[str]:
    """A line for each precision of ours and kind of peer, with the peer compared with."""
    lines = []
    for kind in (EAGER, BAKED):
        for ours in (each for each in report.successes if each.kind == OURS):
            peers = report.of(kind, "fp32" if kind == EAGER else ours.precision)
            if not peers:
                continue
            found = []
            for count in report.concurrencies:
                values = [each.median(count, field) for each in peers]
                ratio, best = compare(ours.median(count, field), values)
                found.append(f"{ratio:.2f} ({peers[values.index(best)].name})")
            lines.append(row([f"{ours.title} / {kind}", *found]))
    if lines:
        yield row([title, *[f"c{count}" for count in report.concurrencies]])
        yield row(["---", *["---:"] * len(report.concurrencies)])
        yield from lines


def failures(report: Report) -> Iterator[str]:
    """What isn't in the table, and why."""
    for each in report.outcomes:
        if each.failure:
            yield f"- {each.title} isn't reported: {each.failure}"


def setups(report: Report) -> Iterator[str]:
    """How each was set up, once a name and kind."""
    yield from dict.fromkeys(
        f"- {each.name}{', our artifact' if each.kind == BAKED else ''}: {each.setup}"
        for each in report.successes
    )


def machine(report: Report) -> Iterator[str]:
    """The machine."""
    yield from (f"- {name}: {value}" for name, value in report.machine.items())


def row(parts: list[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(parts)} |"
