"""Times, counted in buckets that are each 5 % wider than the one before.

A histogram is a dict from a bucket's number to how many times are in it, of those alone that have
any. Those of several processes and hours add up to the histogram of all.
"""

import json
import math

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


def quantile(times: Histogram, share: float) -> float | None:
    """The time, in seconds, that a share of all (0..1) doesn't exceed; None if there are none.

    Within a bucket, times are taken to be evenly spread.
    """
    total = sum(times.values())
    if total == 0:
        return None
    rank = share * total
    below, number = 0, 0
    for number in sorted(times):
        if below + times[number] >= rank:
            break
        below += times[number]
    within = (rank - below) / times[number]
    begin = SHORTEST * math.exp(number * LOG_GROWTH)
    return begin * (1 + (GROWTH - 1) * within)


def interval(
    times: Histogram, share: float, deviations: float
) -> tuple[float | None, float | None]:
    """Between what a quantile lies, by so many standard deviations of its rank.

    None at the end that so few times say nothing of.
    """
    total = sum(times.values())
    if total == 0:
        return None, None
    reach = deviations * math.sqrt(share * (1 - share) / total)
    low, high = share - reach, share + reach
    return (
        quantile(times, low) if low > 0 else None,
        quantile(times, high) if high < 1 else None,
    )


def dumped(times: Histogram) -> str:
    """A histogram as JSON."""
    return json.dumps(times, separators=(",", ":"), allow_nan=False)


def loaded(text: str) -> Histogram:
    """The histogram of its JSON."""
    return {int(number): int(count) for number, count in json.loads(text).items()}
