"""Counts in Redis, and what is done while Redis gives no answer.

Nobody is refused because Redis is away, and nobody waits for it longer than its timeout. Rates and
quotas are then counted by each process alone. It goes on from what Redis told it last: who had
used a quota up stays refused, and who hadn't may at worst use what was left once for each process.
As long as that lasts, one request a second tries Redis again, and the others don't wait for it.
What was let through meanwhile isn't told to Redis afterwards; a Redis that comes back empty begins
anew.
"""

import time
from collections.abc import Callable

from gateway.limits.counts import Counts
from gateway.limits.limit import Limits, Outcome, Store, Unavailable
from passerelle.server import log

RETRY_INTERVAL = 1.0  # seconds


class Shared:
    """Per process, and of its event loop alone."""

    def __init__(
        self, remote: Store, own: Counts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._remote, self._own, self._clock = remote, own, clock
        self._lost_at: float | None = None  # while it is
        self._retry_at = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether each process counts alone now."""
        return self._lost_at is not None

    async def take(self, limits: Limits) -> Outcome:
        """Charge one request to all of these limits, if each has room for it."""
        if self._lost_at is not None:
            now = self._clock()
            if now < self._retry_at:
                return self._own.take_now(limits)
            self._retry_at = now + RETRY_INTERVAL
        try:
            outcome = await self._remote.take(limits)
        except Unavailable as error:
            self._lose(error)
            return self._own.take_now(limits)
        self._regain()
        self._own.learn(limits, outcome)
        return outcome

    async def close(self) -> None:
        """Hold no connection any more."""
        await self._remote.close()

    def _lose(self, error: Unavailable) -> None:
        """From now on this process counts alone."""
        if self._lost_at is None:
            self._lost_at = self._clock()
            self._retry_at = self._lost_at + RETRY_INTERVAL
            told = "Redis gives no answer: until it does, each process counts limits alone"
            log.write("WARNING", told, reason=str(error))

    def _regain(self) -> None:
        """Redis answers, again if it didn't before."""
        if self._lost_at is not None:
            seconds, self._lost_at = round(self._clock() - self._lost_at, 3), None
            told = "Redis answers again: limits are counted together"
            log.write("WARNING", told, seconds=seconds)


class Unshared(Counts):
    """Those of one of several workers, where limits came after the start; the log says it once."""

    _is_told = False

    def take_now(self, limits: Limits) -> Outcome:
        """Charge one request to all of these limits, if each has room for it here."""
        if not self._is_told:
            self._is_told = True
            log.write("ERROR", "each worker counts limits for itself: set REDIS_URL, or one worker")
        return super().take_now(limits)


def of(redis_url: str, milliseconds: int, workers: int = 1) -> Store:
    """Where limits are counted: in this Redis, which has so much time to answer, or here alone.

    Raises:
        ValueError: the address has options that there aren't; the text has no password.
    """
    if not redis_url:
        return Counts() if workers == 1 else Unshared()
    from redis.exceptions import RedisError

    from gateway.limits.redis_counts import RedisCounts

    try:
        remote = RedisCounts(redis_url, milliseconds / 1000)
    except (TypeError, RedisError) as error:
        raise ValueError(str(error)) from None
    return Shared(remote, Counts())
