"""What is tried with odd input, and what becomes of it."""

import collections
import dataclasses
import random
import time
from collections.abc import Callable
from typing import ClassVar, Protocol

from passerelle.protocol.problems import Problem
from tests.fuzz import mutation

TAKEN = "taken"
MAX_SECONDS = 5.0  # that one input may take


class Target(Protocol):
    """Something that reads what clients or backends send."""

    refusals: ClassVar[frozenset[int]]  # the statuses of problems that are right for odd input

    def made(self, chance: random.Random) -> bytes:
        """An odd input, written down so that it can be tried again."""

    def read(self, content: bytes) -> None:
        """Read it.

        Raises:
            Problem: it is refused.
            AssertionError: it takes what it may not take.
        """


@dataclasses.dataclass
class Found:
    """How often what came of it. An error that nobody foresaw is kept with its input."""

    counts: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    faults: list[tuple[str, bytes]] = dataclasses.field(default_factory=list)
    tried: int = 0
    slowest: float = 0.0  # seconds


def attempt(target: Target, content: bytes, found: Found, clock: Callable[[], float]) -> None:
    """Try one input."""
    begin, found.tried = clock(), found.tried + 1
    try:
        target.read(content)
        found.counts[TAKEN] += 1
    except Problem as problem:
        if problem.status not in target.refusals:
            found.faults.append((repr(problem), content))
        found.counts[f"{problem.status} {type(problem).__name__}"] += 1
    except Exception as error:
        found.faults.append((repr(error), content))
    elapsed = clock() - begin
    found.slowest = max(found.slowest, elapsed)
    if elapsed > MAX_SECONDS:
        found.faults.append((f"it took {elapsed:.1f} s", content))


def run(
    target: Target,
    seed: int,
    keep_on: Callable[[int], bool],
    clock: Callable[[], float] = time.perf_counter,
    note: Callable[[bytes], object] = lambda _: None,
) -> Found:
    """Try the inputs of a seed, which are always the same, as long as `keep_on` of their number.

    `note` has each before it is read, for what may end the process.
    """
    chance, found = mutation.chance(seed), Found()
    while keep_on(found.tried):
        content = target.made(chance)
        note(content)
        attempt(target, content, found, clock)
    return found
