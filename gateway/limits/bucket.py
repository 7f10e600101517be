"""A rate's count: a token bucket, by the generic cell rate algorithm.

A bucket holds `amount` requests and is filled evenly with as many in `seconds`. So `100/minute`
lets 100 through at once after a pause, then one each 0.6 s, and never more than 100 and what the
time between has brought: whoever keeps to the pace is never refused. All that is kept is when the
bucket will be full. It is a whole number, of nanoseconds times `amount`, so that nothing is ever
rounded.
"""

from gateway.limits.limit import Limit, Standing

NANOSECONDS = 1_000_000_000


class Bucket:
    """The requests of one subject. It fits limits of one amount and time alone."""

    __slots__ = ("_amount", "_full_at")

    def __init__(self, limit: Limit) -> None:
        self._amount = limit.amount
        self._full_at = 0

    def is_over(self, now: int) -> bool:
        """Whether it is full, as a new one is."""
        return self._full_at <= now * self._amount

    def left(self, limit: Limit, now: int) -> int:
        """How many requests it holds."""
        cost = limit.seconds * NANOSECONDS
        room = limit.amount * cost - max(self._full_at - now * limit.amount, 0)
        return room // cost

    def take(self, limit: Limit, now: int) -> None:
        """Take one out."""
        self._full_at = max(self._full_at, now * limit.amount) + limit.seconds * NANOSECONDS

    def standing(self, limit: Limit, now: int) -> Standing:
        """What is left, and when the next one comes if there is none."""
        left = self.left(limit, now)
        if left:
            return Standing(left, 0.0)
        room_for = limit.amount - 1  # that are in it when one more fits
        missing = self._full_at - now * limit.amount - room_for * limit.seconds * NANOSECONDS
        return Standing(0, missing / limit.amount / NANOSECONDS)

    def learn(self, limit: Limit, standing: Standing, now: int) -> None:
        """Go on from what another count has left."""
        used = limit.amount - standing.left
        self._full_at = now * limit.amount + used * limit.seconds * NANOSECONDS
