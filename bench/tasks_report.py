"""How the comparison by task is shown: each side's times, and their ratios."""

import dataclasses
import statistics

from bench.rounds import spread
from bench.task_side import ARTIFACT, EAGER, Measured

COLUMNS = ("infer ms", "all ms", "CPU ms")
FIELDS = ("infer_ms", "whole_ms", "cpu_ms")  # of Measured, in the order of the columns

Round = dict[str, Measured]  # by side, measured one right after another


@dataclasses.dataclass(frozen=True)
class TaskReport:
    """One model of one task, beside its network in eager torch."""

    task: str
    title: str
    precision: str
    rounds: list[Round]

    def ratio(self, field: str) -> float:
        """How much more eager torch takes of something, as the median of the rounds' ratios."""
        found = [
            getattr(each[EAGER], field) / getattr(each[ARTIFACT], field) for each in self.rounds
        ]
        return float(statistics.median(found))


@dataclasses.dataclass(frozen=True)
class Report:
    """The whole run."""

    models: list[TaskReport]
    machine: dict[str, str]


def text(report: Report) -> str:
    """The tables."""
    lines = [f"{name}: {value}" for name, value in report.machine.items()]
    for each in report.models:
        count = sum(found[ARTIFACT].pictures for found in each.rounds)
        lines += ["", f"{each.task}: {each.title} ({each.precision}), {count} pictures answered"]
        lines += [row("", COLUMNS)]
        lines += [row(side, cells(each, side)) for side in (ARTIFACT, EAGER)]
        lines += [row("eager/artifact", [f"{each.ratio(field):.2f}" for field in FIELDS])]
    return "\n".join(lines)


def cells(report: TaskReport, side: str) -> list[str]:
    """One side's columns."""
    return [spread((getattr(each[side], field) for each in report.rounds), 2) for field in FIELDS]


def row(name: str, cells: "tuple[str, ...] | list[str]") -> str:
    """One line of a table."""
    return f"{name:<16}" + "".join(f"{cell:>24}" for cell in cells)
