"""What was seen of a variant in a step: how often it was asked, failed, took, and agreed.

Its times are those of the answers that clients had, as mirrored requests come one by one, and find
the variant less busy; theirs are told where there are no others.
"""

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from gateway.traffic.counts import ANSWER, MIRROR


class Counted(Protocol):
    """What the traffic counts of a variant, of one kind: answers, or mirrored requests."""

    @property
    def requests(self) -> int:
        """As in Figures."""

    @property
    def errors(self) -> int:
        """As in Figures."""

    @property
    def times(self) -> Mapping[int, int]:
        """As in Figures."""

    @property
    def compared(self) -> int:
        """As in Figures."""

    @property
    def agreement(self) -> float:
        """As in Figures."""

    @property
    def uncompared(self) -> int:
        """As in Figures."""


Rows = Mapping[tuple[str, str], Counted]  # by variant and kind


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """Sums over a variant's requests, whether their answers went to a client or were mirrored."""

    requests: int = 0
    errors: int = 0  # of its own: 5xx
    times: Mapping[int, int] = dataclasses.field(default_factory=dict)  # of histogram.py
    compared: int = 0  # answers of the new variant with the old one's to the same picture
    agreement: float = 0.0  # the sum of 0..1 over those
    uncompared: int = 0  # that can't be
    answers: int = 0  # of clients', that the times are of; 0: they are of mirrored requests


def of(rows: Rows, variant: str) -> Figures:
    """What was seen of a variant, whoever had its answers."""
    found = [each for (name, _), each in rows.items() if name == variant]
    answered = rows[variant, ANSWER].times if (variant, ANSWER) in rows else {}
    mirrored = rows[variant, MIRROR].times if (variant, MIRROR) in rows else {}
    return Figures(
        sum(each.requests for each in found),
        sum(each.errors for each in found),
        dict(answered or mirrored),
        sum(each.compared for each in found),
        sum(each.agreement for each in found),
        sum(each.uncompared for each in found),
        sum(answered.values()),
    )


def completed(old: Figures, before: Figures, fewest: int) -> Figures:
    """What was seen of the old variant; of an earlier step where it is asked too seldom in this."""
    if old.requests < min(fewest, before.requests):
        return before
    if old.answers < fewest <= before.answers:
        return dataclasses.replace(old, times=before.times, answers=before.answers)
    return old
