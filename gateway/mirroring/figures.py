"""Whom mirroring tells what it finds."""

from collections.abc import Callable
from typing import Protocol

from gateway.followed import Followed
from gateway.transport import Response


class Traffic(Protocol):
    """Where mirrored requests are counted, in the rows of a model that was asked.

    `variant` is the one that the figure is about.
    """

    def count(  # noqa: PLR0913, PLR0917  # a row's four, and its two figures
        self,
        model: str,
        variant: str,
        kind: str,
        revision: int,
        status: int,
        seconds: float | None,
    ) -> None:
        """Count one that was answered, or failed."""

    def compare(self, model: str, variant: str, revision: int, agreement: float | None) -> None:
        """Count a comparison of two answers to a picture; None: they can't be compared."""

    def skip(self, model: str, variant: str) -> None:
        """Count one that was left out."""


# Told of two answers that differ: the request, the other model's id, how far they agree (0..1), and
# the other's answer.
Differ = Callable[[Followed, str, float, Response], object]
