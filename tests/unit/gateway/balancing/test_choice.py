"""Which replica is asked."""

import dataclasses
from collections.abc import Callable

from gateway.balancing import choice
from gateway.balancing.ejection import FAILURES, Outliers
from gateway.counter import Counter

NOW = 100.0


@dataclasses.dataclass(eq=False)
class Replica:
    """One with so many requests."""

    name: str
    last_request: float = 0.0
    in_flight: Counter = dataclasses.field(default_factory=Counter)
    outliers: Outliers = dataclasses.field(default_factory=Outliers)


def replicas(*busy: int) -> list[Replica]:
    found = [Replica("abcdef"[number], float(number)) for number in range(len(busy))]
    for replica, count in zip(found, busy, strict=True):
        replica.in_flight.count = count
    return found


def eject(replica: Replica, at: float) -> None:
    for _ in range(FAILURES):
        replica.outliers.of("m").fail(at, is_trial=False, may_eject=True)


def drawn(*numbers: float) -> Callable[[], float]:
    """Chance that gives these."""
    return iter(numbers).__next__


def choose(found: list[Replica], *numbers: float, now: float = NOW) -> tuple[str, bool]:
    replica, is_trial = choice.choose(found, "m", now, drawn(*numbers))
    return replica.name, is_trial


def test_one_is_asked_whatever_it_has() -> None:
    found = replicas(7)
    assert choose(found) == ("a", False)
    eject(found[0], NOW)
    assert choose(found) == ("a", False)


def test_of_two_the_less_busy_and_among_equals_the_one_that_is_idle_for_longest() -> None:
    assert choose(replicas(3, 2)) == ("b", False)
    assert choose(replicas(2, 3)) == ("a", False)
    found = replicas(2, 2)
    assert choose(found) == ("a", False)
    found[0].last_request = NOW
    assert choose(found) == ("b", False)


def test_of_more_the_less_busy_of_a_pair_that_is_drawn() -> None:
    found = replicas(0, 5, 4, 9)
    assert choose(found, 0.3, 0.4) == ("c", False)  # b and c
    assert choose(found, 0.99, 0.0) == ("a", False)  # d and a
    assert choose(found, 0.99, 0.99) == ("c", False)  # d and c


def test_each_pair_of_more_is_drawn() -> None:
    found, pairs = replicas(0, 0, 0), set()
    for first in (0.0, 0.4, 0.7):
        for second in (0.0, 0.6):
            asked = choose(found, first, second)[0]
            pairs.add((asked, first, second))
    assert {asked for asked, _, _ in pairs} == {"a", "b"}  # c is never the longest idle of two


def test_one_that_is_out_is_asked_for_its_trial_alone() -> None:
    found = replicas(0, 9)
    eject(found[0], NOW)
    assert choose(found) == ("b", False)
    assert choose(found, now=NOW + 1) == ("a", True)
    found[0].outliers["m"].on_trial = True
    assert choose(found, now=NOW + 1) == ("b", False)
    assert choice.choose(found, "other", NOW, drawn())[0].name == "a"  # another model is in


def test_where_all_are_out_one_of_them_is_asked() -> None:
    found = replicas(2, 1)
    for each in found:
        eject(each, NOW)
    assert choose(found) == ("b", False)


def test_one_that_came_back_has_fewer_requests_for_a_while() -> None:
    found = replicas(2, 3)
    eject(found[0], NOW)
    found[0].outliers["m"].succeed(NOW + 1, is_trial=True)
    assert choose(found, now=NOW + 2) == ("b", False)  # 2 count as 4
    assert choose(found, now=NOW + 1000) == ("a", False)
