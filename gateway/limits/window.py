"""A quota's count: the requests of the hour or day of UTC that is now.

The wall clock says when a window ends, at the moment that it begins; whether that time has come is
told by a clock that nobody sets. So a wall clock that is set ahead opens no window early, one that
is set back keeps nobody out for longer, and the next window ends by the clock as it is then.
"""

from gateway.limits.bucket import NANOSECONDS
from gateway.limits.limit import Limit, Standing


class Window:
    """The requests of one subject."""

    __slots__ = ("_ends", "_used")

    def __init__(self, limit: Limit, now: int, wall: float) -> None:
        self._used = 0
        self._ends = now + int((limit.seconds - wall % limit.seconds) * NANOSECONDS)

    def is_over(self, now: int) -> bool:
        """Whether another one has begun."""
        return self._ends <= now

    def left(self, limit: Limit, _: int) -> int:
        """How many more there may be; the amount is what it is now, whatever it was before."""
        return max(limit.amount - self._used, 0)

    def take(self, _limit: Limit, _now: int) -> None:
        """Count one."""
        self._used += 1

    def standing(self, limit: Limit, now: int) -> Standing:
        """What is left, and until when."""
        return Standing(self.left(limit, now), (self._ends - now) / NANOSECONDS)

    def learn(self, limit: Limit, standing: Standing, now: int) -> None:
        """Go on from what another count has left."""
        self._used = limit.amount - standing.left
        self._ends = now + int(standing.seconds * NANOSECONDS)
