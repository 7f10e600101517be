"""Times, counted in buckets that are each 5 % wider than the one before.

A histogram is a dict from a bucket's number to how many times are in it, of those alone that have
any. Those of several processes and hours add up to the histogram of all.
"""

import json
import math
from collections.abc import Mapping

Histogram = dict[int, int]
GROWTH = 1.05
LOG_GROWTH = math.log(GROWTH)
SHORTEST, LONGEST = 1e-4, 1e5  # seconds: where bucket 0 begins, and the last one is


def bucket(seconds: float) -> int:
    """The number of the bucket that a time is in."""
    if not SHORTEST <= seconds <= LONGEST:
        seconds = SHORTEST if seconds < SHORTEST else LONGEST
    return math.floor(math.log(seconds / SHORTEST) / LOG_GROWTH)


def add(times: Histogram, others: Histogram) -> None:
    """Count what another histogram has in the first as well."""
    for number, count in others.items():
        times[number] = times.get(number, 0) + count


def edge(number: float) -> float:
    """Where a bucket begins, in seconds; of a number between two, what lies between."""
    return SHORTEST * math.exp(number * LOG_GROWTH)


def at_rank(times: Mapping[int, int], rank: int) -> float:
    """The time of that rank, the least one's being 1, in seconds: as if spread in its bucket."""
    before = 0
    for number, count in sorted(times.items()):
        if before + count >= rank:
            return edge(number + (rank - before - 0.5) / count)
        before += count
    return math.inf


def quantile(times: Mapping[int, int], share: float) -> float | None:
    """The time, in seconds, that a share of all (0..1) doesn't exceed; None if there are none."""
    total = sum(times.values())
    return at_rank(times, max(1, math.ceil(share * total))) if total else None


def dumped(times: Histogram) -> str:
    """A histogram as JSON."""
    return json.dumps(times, separators=(",", ":"), allow_nan=False)


def loaded(text: str) -> Histogram:
    """The histogram of its JSON."""
    return {int(number): int(count) for number, count in json.loads(text).items()}
