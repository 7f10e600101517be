"""How long requests took: what is read off the traffic's histogram, whose buckets are 5 % wide."""

import math
from collections.abc import Mapping

from gateway.traffic import histogram

Times = Mapping[int, int]  # how many are in a bucket, by its number


def edge(bucket: float) -> float:
    """Where a bucket begins, in seconds; of a number between two, what lies between."""
    return histogram.SHORTEST * math.exp(bucket * histogram.LOG_GROWTH)


def at_rank(times: Times, rank: int) -> float:
    """The value of that rank, the least one's being 1, in seconds: as if spread in its bucket."""
    before = 0
    for bucket, count in sorted(times.items()):
        if before + count >= rank:
            return edge(bucket + (rank - before - 0.5) / count)
        before += count
    return math.inf


def quantile(times: Times, share: float) -> float | None:
    """Below which value a share of them is, in seconds; None where there is none."""
    total = sum(times.values())
    return at_rank(times, max(1, math.ceil(share * total))) if total else None
