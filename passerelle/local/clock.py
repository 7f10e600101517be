"""Time, as it is passed in: a test's own passes only when it is told to."""

from typing import Protocol


class Clock(Protocol):
    """What is used of the module `time`."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
