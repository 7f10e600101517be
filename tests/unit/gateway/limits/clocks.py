"""Clocks that a test sets."""

from gateway.limits.bucket import NANOSECONDS
from gateway.limits.counts import MAX_COUNTS, Counts

MIDNIGHT = 1_900_000_000 // 86_400 * 86_400  # some day's, in UTC


class Clocks:
    """One that nobody sets, in nanoseconds, and one on the wall, in seconds of UTC."""

    def __init__(self) -> None:
        self.now, self.wall = 5 * NANOSECONDS, float(MIDNIGHT)
        self.store = self.counts()

    def pass_by(self, seconds: float) -> None:
        """Let time go by on both."""
        self.now += round(seconds * NANOSECONDS)
        self.wall += seconds

    def counts(self, most: int = MAX_COUNTS) -> Counts:
        """Counts that go by these clocks."""
        return Counts(lambda: self.now, lambda: self.wall, most)
