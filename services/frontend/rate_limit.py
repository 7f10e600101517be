"""How many pictures one visitor may send: a moving window for each session."""

import math
import time
from collections.abc import Callable

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from services.frontend import errors


class RateLimiter:
    """Counts the pictures of each session. Per process, shared by all its threads."""

    def __init__(self, rate: RateLimitItem, clock: Callable[[], float] = time.time) -> None:
        self._rate, self._clock = rate, clock
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, session_id: str, pictures: int = 1) -> None:
        """Count pictures that a session sends.

        Raises:
            PageError: they are too many; its Retry-After says when the next may come.
        """
        if not self._limiter.hit(self._rate, session_id, cost=pictures):
            window = self._limiter.get_window_stats(self._rate, session_id)
            raise errors.too_many_pictures(max(1, math.ceil(window.reset_time - self._clock())))
