"""A replica whose answers fail, left out for a while: outlier ejection, after Envoy's.

A model is *in* on each replica at first. FAILURES answers in a row that are the replica's fault
(fault.py) eject it there: it is *out*, and requests go to the others, for FIRST_SECONDS. Once they
are over, the next request goes there alone, as a *trial*, and all others elsewhere until it has
ended. Where it fails, the replica is out again, for twice as long, up to MOST_SECONDS. Where it
succeeds the replica is in, and what it did is forgotten bit by bit: each CALM_SECONDS without
another ejection halve the next one's time; until then it has fewer requests at once than others.
A trial that says nothing of the replica, as of a client that hangs up, is followed by another.

Never more than half of the replicas on which a model is ready are out: a fault that all of them
have isn't theirs, and the last ones would break down under the work of the rest.
"""

from collections.abc import Sequence
from typing import Protocol

FAILURES = 5  # in a row
FIRST_SECONDS = 1.0
MOST_SECONDS = 60.0
CALM_SECONDS = 30.0
MAX_LEVEL = 6  # 2**6 s are over MOST_SECONDS


class Outlier:
    """How one model does on one replica that failed it once. Times are of one clock, in seconds."""

    __slots__ = ("_level", "_since", "failures", "on_trial", "until")

    def __init__(self) -> None:
        self.failures = 0  # in a row
        self.on_trial = False  # whether a trial is on its way
        self.until = 0.0  # when a trial may begin; 0: it is in
        self._level = 0  # ejections that aren't forgotten
        self._since = 0.0  # when it was ejected or came back last

    @property
    def is_out(self) -> bool:
        """Whether the others are asked in its place."""
        return self.until > 0

    def is_left_out(self, now: float) -> bool:
        """Whether it isn't asked now, or for its trial alone: that of one nobody asks is over."""
        return now < self.until or self.on_trial

    def is_due(self, now: float) -> bool:
        """Whether the next request is its trial."""
        return 0 < self.until <= now and not self.on_trial

    def level(self, now: float) -> int:
        """How often it was ejected lately: as many times a request there weighs more."""
        return max(0, self._level - int((now - self._since) / CALM_SECONDS)) if self._level else 0

    def succeed(self, now: float, *, is_trial: bool) -> None:
        """Count a good answer. One that was asked for before the ejection changes nothing."""
        if is_trial:
            self.until, self.failures, self._since = 0.0, 0, now
        elif not self.until:
            self.failures = 0

    def fail(self, now: float, *, is_trial: bool, may_eject: bool) -> bool:
        """Count a failed answer; whether it is ejected by that."""
        if self.until and not is_trial:
            return False
        self.failures += 1
        if not is_trial and (self.failures < FAILURES or not may_eject):
            return False
        level = self._level if is_trial else self.level(now)
        self.until = now + min(MOST_SECONDS, FIRST_SECONDS * 2**level)
        self._level, self._since = min(level + 1, MAX_LEVEL), now
        return True


class Outliers(dict[str, Outlier]):
    """Of one replica, by the model's id, where it failed once. Per process, of its event loop."""

    def of(self, model_id: str) -> Outlier:
        """That of a model, from now on."""
        return self.setdefault(model_id, Outlier())


class Holder(Protocol):
    """A replica, as far as this matters."""

    outliers: Outliers


def count_left_out(ready: Sequence[Holder], model_id: str, now: float) -> int:
    """On how many of the replicas a model isn't asked now."""
    found = (each.outliers.get(model_id) for each in ready)
    return sum(each is not None and each.is_left_out(now) for each in found)


def may_eject(ready: Sequence[Holder], model_id: str) -> bool:
    """Whether one more may be out, of those where a model is ready."""
    found = (each.outliers.get(model_id) for each in ready)
    return sum(each is not None and each.is_out for each in found) + 1 <= len(ready) // 2
