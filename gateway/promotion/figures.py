"""What was seen of a variant in a step: how often it was asked, failed, took, and agreed."""

import dataclasses
from collections.abc import Mapping
from typing import Protocol


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
    times: Mapping[int, int] = dataclasses.field(default_factory=dict)  # of times.py
    compared: int = 0  # answers of the new variant with the old one's to the same picture
    agreement: float = 0.0  # the sum of 0..1 over those
    uncompared: int = 0  # that can't be


def of(rows: Rows, variant: str) -> Figures:
    """What was seen of a variant, whoever had its answers."""
    found = Figures()
    for (name, _), each in rows.items():
        if name == variant:
            found = Figures(
                found.requests + each.requests,
                found.errors + each.errors,
                added(found.times, each.times),
                found.compared + each.compared,
                found.agreement + each.agreement,
                found.uncompared + each.uncompared,
            )
    return found


def added(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    """Two histograms together."""
    return {each: one.get(each, 0) + other.get(each, 0) for each in {*one, *other}}
