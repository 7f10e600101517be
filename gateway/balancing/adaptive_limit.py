"""How many requests one model may have with its service at once: fewer while it is slow.

What it's for: a model that has become slow, as its processor is shared, its memory is swapped or
somebody gave it a worse variant, collects requests until they take every slot of its service
(slots.py), and those of other models are refused though nothing ails them. Its clients do better
to hear at once that it's slow than to wait for an answer that comes too late.

How: by the gradient of the latency, after Gradient2Limit of Netflix's concurrency-limits
("Performance Under Load", 2018). Where latency has grown, the limit is multiplied by the tolerance
times the least latency over the latency, at least by a half, and it gets a few more each time that
all is well. It differs in what follows, as model services have queues:

- Latency that grows in proportion to our own requests in flight is only our own queue. So it must
  have grown beyond TOLERANCE in two ways: as it is, and for each request in flight, which is the
  time between two answers (Little's law). 64 pictures at once change the first alone.
- It must be so in BAD_WINDOWS windows in a row, of WINDOW_SECONDS and LEAST_SAMPLES answers or
  more, and in each with half of the limit in use. A burst, a cold start and a slow picture are over
  by then. The first slow answers of a new model are its measure, until there are faster ones.
- What is least is that of bodies of about the same size, and each size that came often enough must
  have grown: a model that is sent batches after thumbnails isn't slow. Bodies and answers that go
  through as they come aren't looked at.
- The limit is never below FLOOR, and all of it is back soon after the load is gone. The least
  values rise by RISE a window: what lasts for ten minutes is how this model is now.

Per process, of its event loop alone.
"""

import math
import time
from collections.abc import Callable

FLOOR = 16  # requests
WINDOW_SECONDS = 2.0
LEAST_SAMPLES = 10
BAD_WINDOWS = 3
TOLERANCE = 3.0  # times the least
RISE = 0.01  # a window
FORGOTTEN = 30.0  # seconds without a window, after which the limit is whole again


class Measure:
    """The answers to bodies of one size: a window's, and the least of all windows."""

    __slots__ = ("in_flight", "least_apart", "least_latency", "samples", "seconds")

    def __init__(self) -> None:
        self.samples, self.seconds, self.in_flight = 0, 0.0, 0  # of this window, summed
        self.least_latency = self.least_apart = math.inf  # seconds

    def close(self) -> float | None:
        """End a window: how many times slower it was than the least, in the smaller of both ways.

        None: too few answers came, which the next window has too.
        """
        if self.samples < LEAST_SAMPLES:
            return None
        latency = self.seconds / self.samples
        apart = self.seconds / max(self.in_flight, 1)
        factor = min(latency / self.least_latency, apart / self.least_apart)
        self.least_latency = min(latency, self.least_latency * (1 + RISE))
        self.least_apart = min(apart, self.least_apart * (1 + RISE))
        self.samples, self.seconds, self.in_flight = 0, 0.0, 0
        return factor


class AdaptiveLimit:
    """Of one model of one service."""

    __slots__ = (
        "_bad", "_clock", "_closed", "_measures", "_most", "_window_ends", "value",
    )  # fmt: skip

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self.value = most  # requests at once
        self._measures: dict[int, Measure] = {}  # by half the bits of the body's length
        self._window_ends = self._closed = 0.0
        self._bad = 0  # windows in a row

    def sample(self, seconds: float, in_flight: int, size: int, now: float) -> None:
        """Count an answer to `size` bytes, with so many requests in flight as it began."""
        key = size.bit_length() >> 1
        measure = self._measures.get(key)
        if measure is None:
            measure = self._measures[key] = Measure()
        measure.samples += 1
        measure.seconds += seconds
        measure.in_flight += in_flight
        if now >= self._window_ends:
            self._close(now)

    @property
    def is_lowered(self) -> bool:
        """Whether it is less than the service's."""
        return self.value < self._most

    def recover(self) -> bool:
        """Before somebody is refused: whether the limit is whole again, as it was long ago."""
        if self.is_lowered and self._clock() - self._closed > FORGOTTEN:
            self.value, self._bad = self._most, 0
            return True
        return False

    def _close(self, now: float) -> None:
        """End a window, and move the limit by it, unless there are too few answers yet."""
        samples = sum(each.samples for each in self._measures.values())
        if samples < LEAST_SAMPLES:
            return
        busy = sum(each.in_flight for each in self._measures.values()) / samples
        self._window_ends, self._closed = now + WINDOW_SECONDS, now
        factors = [each.close() for each in self._measures.values()]
        slower = min((each for each in factors if each is not None), default=0.0)
        is_used = busy >= self.value / 2
        if slower > TOLERANCE:
            self._bad += is_used
            if is_used and self._bad >= BAD_WINDOWS:
                gradient = max(0.5, TOLERANCE / slower)
                self.value = max(min(FLOOR, self._most), int(self.value * gradient))
            return
        self._bad = 0
        if self.is_lowered:
            more = math.isqrt(self.value) if is_used else self.value
            self.value = min(self._most, self.value + max(4, more))
