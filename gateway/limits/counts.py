"""The counts of this process: exact for one process, with nothing to run."""

import itertools
import time
from collections.abc import Callable

from gateway.limits.bucket import Bucket
from gateway.limits.limit import Limit, Limits, Outcome
from gateway.limits.window import Window

MAX_COUNTS = 100_000  # some 200 bytes each; beyond them, those that nobody used for longest go
MIN_COUNTS = 1_000  # below which nothing is looked through for what is over


_NOBODY_SETS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the first runs in sleep, too


def monotonic() -> int:
    """Nanoseconds by a clock that nobody sets."""
    return time.clock_gettime_ns(_NOBODY_SETS)


class Counts:
    """Per process, and of its event loop alone. Those used last come last."""

    def __init__(
        self,
        clock: Callable[[], int] = monotonic,
        wall: Callable[[], float] = time.time,
        most: int = MAX_COUNTS,
    ) -> None:
        self._clock, self._wall, self._most = clock, wall, most
        self._counts: dict[str, Bucket | Window] = {}
        self._look_at = min(MIN_COUNTS, most)  # how many, at which those that are over go

    def __len__(self) -> int:
        return len(self._counts)

    async def take(self, limits: Limits) -> Outcome:
        """Charge one request to all of these limits, if each has room for it."""
        return self.take_now(limits)

    async def close(self) -> None:
        """There is nothing to close."""

    def take_now(self, limits: Limits) -> Outcome:
        """The same, without waiting for anything."""
        now = self._clock()
        self._make_room(now)
        counts = [(each, self._find(each, now)) for each in limits]
        is_admitted = 0 not in [count.left(limit, now) for limit, count in counts]
        if is_admitted:
            for limit, count in counts:
                count.take(limit, now)
        standings = [count.standing(limit, now) for limit, count in counts]
        return Outcome(is_admitted, tuple(standings))

    def learn(self, limits: Limits, outcome: Outcome) -> None:
        """Go on from where somebody else's counts are."""
        now = self._clock()
        self._make_room(now)
        for limit, standing in zip(limits, outcome.standings, strict=True):
            self._find(limit, now).learn(limit, standing, now)

    def _find(self, limit: Limit, now: int) -> Bucket | Window:
        """The count of a limit, which is a new one where the last is over."""
        key = limit.key
        count = self._counts.pop(key, None)
        if count is None or count.is_over(now):
            is_rate = limit.kind == "rate"
            count = Bucket(limit) if is_rate else Window(limit, now, self._wall())
        self._counts[key] = count
        return count

    def _make_room(self, now: int) -> None:
        """Drop what is over, once there are twice as many as were left the last time."""
        if len(self._counts) < self._look_at:
            return
        self._counts = {key: each for key, each in self._counts.items() if not each.is_over(now)}
        if len(self._counts) >= self._most:
            for key in list(itertools.islice(self._counts, max(self._most // 10, 1))):
                del self._counts[key]
        self._look_at = min(max(2 * len(self._counts), MIN_COUNTS), self._most)
