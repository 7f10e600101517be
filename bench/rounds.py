"""Rounds of measurements, and how they are shown: aligned tables of medians.

A round measures its cases one right after another, so that what disturbs the machine for a while
disturbs them all; a ratio is taken within its round.
"""

import dataclasses
import statistics
from collections.abc import Callable, Iterable

from bench.workload import Measurement


@dataclasses.dataclass(frozen=True)
class Round:
    """Every case, measured with the same number of requests at once."""

    concurrency: int
    measurements: dict[str, Measurement]  # by case

    def ratio(self, upper: str, lower: str) -> float:
        """How many requests per second one case had for each of another's."""
        found = self.measurements
        return found[upper].requests_per_second / found[lower].requests_per_second


def by_concurrency(rounds: list[Round]) -> dict[int, list[Round]]:
    """The rounds of each number of requests at once, in the order in which they were measured."""
    found: dict[int, list[Round]] = {}
    for each in rounds:
        found.setdefault(each.concurrency, []).append(each)
    return found


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table of cases."""

    title: str
    value: Callable[[Round, str], float]  # of a round and one of its cases
    digits: int = 1  # after the point


def field(title: str, name: str, digits: int = 1) -> Column:
    """The column of a field of Measurement."""
    return Column(title, lambda each, case: float(getattr(each.measurements[case], name)), digits)


def table(rounds: list[Round], cases: Iterable[str], columns: list[Column]) -> list[str]:
    """A line per concurrency and case."""
    cases = tuple(cases)
    lines = [row("", "at once", *(column.title for column in columns))]
    for concurrency, found in by_concurrency(rounds).items():
        for case in cases:
            cells = [
                spread((column.value(each, case) for each in found), column.digits)
                for column in columns
            ]
            lines.append(row(case, str(concurrency), *cells))
    return lines


def row(name: str, concurrency: str, *cells: str) -> str:
    """One line of a table."""
    return f"{name:<22}{concurrency:>8}" + "".join(f"{cell:>24}" for cell in cells)


def spread(values: Iterable[float], digits: int = 1) -> str:
    """The median, with minimum and maximum."""
    found = sorted(values)
    median, low, high = (
        f"{value:.{digits}f}" for value in (statistics.median(found), found[0], found[-1])
    )
    return f"{median} ({low}-{high})"


def medians_of(rounds: list[Round]) -> str:
    """What the tables' numbers are."""
    count = len(rounds) // len(by_concurrency(rounds))
    return f"medians of {count} {'round' if count == 1 else 'rounds'} (minimum-maximum)"
