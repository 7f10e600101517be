"""What does harm is told apart from what is refused."""

import itertools
import random
from typing import ClassVar

from passerelle.protocol import problems
from tests.fuzz import target


class Numbers:
    """Reads a number; some of them it can't stand."""

    refusals: ClassVar[frozenset[int]] = frozenset({400})

    def made(self, chance: random.Random) -> bytes:
        return str(chance.randrange(4)).encode()

    def read(self, content: bytes) -> None:
        match content:
            case b"1":
                raise problems.InvalidRequest("No.")
            case b"2":
                raise problems.BadGateway("No.")
            case b"3":
                raise KeyError(content)


def found(*seconds: float) -> target.Found:
    clock = itertools.cycle(seconds)
    return target.run(Numbers(), 1, lambda number: number < 40, clock=lambda: next(clock))


def test_errors_that_nobody_foresaw_and_other_refusals_are_faults() -> None:
    made = found(0.0)
    assert {content for _, content in made.faults} == {b"2", b"3"}
    assert made.counts.keys() == {target.TAKEN, "400 InvalidRequest", "502 BadGateway"}


def test_what_takes_long_is_a_fault() -> None:
    assert len(found(0.0, 6.0).faults) >= 40


def test_a_seed_gives_the_same_inputs_again() -> None:
    noted: list[list[bytes]] = [[], []]
    for each in noted:
        target.run(Numbers(), 7, lambda number: number < 20, note=each.append)
    assert noted[0] == noted[1]
    assert len(set(noted[0])) == 4
