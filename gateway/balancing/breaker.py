"""A circuit breaker: a model that fails most requests is asked no more for a while.

Each model of each service has one, in one of three states.

*Closed*, as at first: each request goes on to the model, and its end is counted as good or failed
(fault.py says which; what says nothing of the model isn't counted, nor are health probes). Counts
are kept for the last five to ten seconds. Once there are LEAST_REQUESTS among them, of which half
or more failed, it opens: clients would wait for what fails anyway, and a service that is down on
its knees gets up more easily when it is left alone.

*Open*, for OPEN_SECONDS: each request is refused at once with 503, and told when to come back.
What was asked before it opened still gets its answer, which is no longer counted.

*Half-open*, once they are over: the next request goes to the model as a trial. Others are refused
until it has ended. Where the trial is good, it closes, with nothing counted; where it failed, it
is open again. A trial that says nothing, as of a client that hangs up, is followed by another.

A request that the gateway refuses never got to the model, so it is no failure of it: `Refused`
says so to whoever counts failures. Per process, of its event loop alone.
"""

import math
import time
from collections.abc import Callable
from typing import Self

from passerelle.protocol import problems
from passerelle.server import log

HALF_WINDOW = 5.0  # seconds: this one and the one before it are looked at
LEAST_REQUESTS = 20
SHARE = 0.5  # of the requests, that failed
OPEN_SECONDS = 5.0


class Refused(problems.ServiceUnavailable):
    """What was never asked: the model fails, isn't ready, or has too many requests already."""


class Breaker:
    """Of one model of one service. As a block, it is the permission of a request while closed."""

    __slots__ = (
        "_before", "_clock", "_failed", "_half_ends", "_model_id", "_on_open", "_reopens",
        "_requests", "_trial", "is_used",
    )  # fmt: skip

    def __init__(
        self,
        model_id: str,
        on_open: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model_id, self._on_open, self._clock = model_id, on_open, clock
        self.is_used = True  # where it isn't, it never opens
        self._reopens: float | None = None  # when a trial may begin; None: it is closed
        self._trial: Trial | None = None  # that is on its way
        self._requests = self._failed = 0  # of this half window
        self._before = (0, 0)  # the same of the half before
        self._half_ends = -math.inf

    @property
    def is_open(self) -> bool:
        """Whether it is open, or half-open."""
        return self._reopens is not None

    @property
    def refuses(self) -> bool:
        """Whether a request that came now would be refused."""
        if self._reopens is None:
            return False
        return self._trial is not None or self._clock() < self._reopens

    def admit(self) -> "Breaker | Trial":
        """The permission to ask the model, until the end of the block that this begins.

        Raises:
            Refused
        """
        if self._reopens is None:
            return self
        if self.refuses:
            seconds = self._reopens - self._clock()
            wait = max(1, math.ceil(seconds))
            raise Refused(
                f"{self._model_id} failed most of its last requests, and isn't asked for now. "
                f"Try again in {wait} s.",
                wait,
            )
        self._trial = Trial(self)
        return self._trial

    def record(self, now: float, *, failed: bool) -> None:
        """Count the end of a request that was let through while it was closed."""
        if self._reopens is not None:
            return
        if now >= self._half_ends:
            is_next = now < self._half_ends + HALF_WINDOW
            self._before = (self._requests, self._failed) if is_next else (0, 0)
            self._requests = self._failed = 0
            self._half_ends = now + HALF_WINDOW
        self._requests += 1
        if failed:
            self._failed += 1
            requests = self._requests + self._before[0]
            share = (self._failed + self._before[1]) / requests
            if requests >= LEAST_REQUESTS and share >= SHARE and self.is_used:
                self._open(now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """A request that was let through while it was closed leaves nothing."""

    def end_trial(self, trial: "Trial") -> None:
        """Let another trial begin, if this one is still on its way."""
        if self._trial is trial:
            self._trial = None

    def decide(self, trial: "Trial", now: float, *, failed: bool) -> None:
        """Close, or open again, by how a trial ended; what comes after that is counted."""
        if self._trial is not trial:
            self.record(now, failed=failed)
            return
        self._trial = None
        if failed:
            self._open(now)
        else:
            self._reopens = None
            self._requests = self._failed = 0
            self._before = (0, 0)
            log.write("INFO", f"{self._model_id} answers again", model=self._model_id)

    def _open(self, now: float) -> None:
        """Refuse requests from now on."""
        if not self.is_open:
            message = f"{self._model_id} fails most requests: it is asked again in a while"
            log.write("WARNING", message, model=self._model_id)
        self._reopens = now + OPEN_SECONDS
        self._on_open()


class Trial:
    """The permission of one request while half-open."""

    __slots__ = ("_breaker",)

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def record(self, now: float, *, failed: bool) -> None:
        """Say how it ended."""
        self._breaker.decide(self, now, failed=failed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._breaker.end_trial(self)
