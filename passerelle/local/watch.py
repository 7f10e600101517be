"""Files and folders that are watched by their stamps, and when to look into them again.

A change is due once nothing has changed for a moment: a large file that is still being copied is
waited for, and so is a rename in two steps. It is due once more when the stamps can be trusted: a
write within the same tick of a file system's clock leaves them as they are. While nothing changes,
a look at the stamps is all that is done.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from passerelle.artifact import content
from passerelle.artifact.content import TRUSTED_AFTER, Stamp

POLL_INTERVAL = 0.5  # seconds
QUIET = 0.5  # seconds without a further change
MAX_WAIT = 30.0  # seconds to wait for that


def fresh_stamp(path: Path) -> Stamp:
    """The stamp of a file after it was opened, at which a network drive asks its server for it."""
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    return content.stamp(path)


class Watch:
    """What is watched. One thread at a time may use it."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        stamp_of: Callable[[Path], Stamp] = fresh_stamp,
    ) -> None:
        self._clock, self._stamp_of = clock, stamp_of
        self._stamps: dict[Path, Stamp] = {}
        self._first_change = self._last_change = self._next_poll = clock()
        self._looks = [TRUSTED_AFTER]  # that are due, each in seconds after the last change

    def follow(self, paths: Iterable[Path]) -> None:
        """Watch these and no others; those that are new, as they are now."""
        self._stamps = {path: self._stamp(path) for path in paths}

    def due(self) -> bool:
        """Whether it is time to look into the files again."""
        now = self._clock()
        if now < self._next_poll:
            return False
        self._next_poll = now + POLL_INTERVAL
        self._note_changes(now)
        if not self._looks or now < self._due_at():
            return False
        self._looks.pop(0)
        return True

    def _note_changes(self, now: float) -> None:
        stamps = {path: self._stamp_of(path) for path in self._stamps}
        if stamps == self._stamps:
            return
        if QUIET not in self._looks:
            self._first_change = now
        self._stamps, self._last_change, self._looks = stamps, now, [QUIET, TRUSTED_AFTER]

    def _due_at(self) -> float:
        quiet_at = self._last_change + self._looks[0]
        return min(quiet_at, self._first_change + MAX_WAIT) if QUIET in self._looks else quiet_at

    def _stamp(self, path: Path) -> Stamp:
        known = self._stamps.get(path)
        return self._stamp_of(path) if known is None else known
