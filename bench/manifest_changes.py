"""A manifest that changes again and again, and how often its gateway has followed."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path

from bench import stand_in_stack

END = ", timeout: 60s}"  # of the model's entry
CHANGES = (
    ', timeout: 60s, title: "Another title"}',
    ", timeout: 61s}",
    ", timeout: 60s, cache: {size: 4, ttl: 1s}}",
    ", timeout: 60s, rate: 1000000/second}",
)
FOLLOW_TIMEOUT, POLL_INTERVAL = 10.0, 0.1  # seconds
IN_USE = b"models.yaml was changed and is in use"  # in the gateway's log


class ManifestChanges:
    """A manifest's file. One thread uses it."""

    def __init__(
        self,
        file: Path,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file, self._changes = file, itertools.cycle(CHANGES)
        self._clock, self._sleep = clock, sleep

    def write(self) -> None:
        """Change it, in one step: nobody reads half of it."""
        beside = self._file.with_suffix(".new")
        beside.write_text(stand_in_stack.MANIFEST.replace(END, next(self._changes)))
        beside.replace(self._file)

    def followed(self, log: Path, least: int) -> int:
        """How often a gateway says in its log that it follows a change; it is waited for `least`.

        The log begins anew: a line for each request are gigabytes in half an hour.
        """
        end = self._clock() + FOLLOW_TIMEOUT
        while log.read_bytes().count(IN_USE) < least and self._clock() < end:
            self._sleep(POLL_INTERVAL)
        text = log.read_bytes()
        log.write_bytes(b"")
        return text.count(IN_USE)
