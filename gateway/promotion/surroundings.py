"""What promotions see of the gateway."""

from collections.abc import Mapping
from typing import Protocol

from gateway.promotion.figures import Rows
from passerelle.manifest.model import Split


class Surroundings(Protocol):
    """Its splits, and what was counted of them.

    `rows` raises DatabaseError.
    """

    def splits(self) -> Mapping[str, Split]:
        """Those of the manifest now, by id."""

    async def rows(self, split_id: str, revision: int, /) -> Rows:
        """What was counted under a revision, by all workers."""

    def own_rows(self, split_id: str, revision: int, /) -> Rows:
        """The same by this worker alone, as far as the file doesn't have it."""

    def not_ready(self, split_id: str, variant_id: str, /) -> str:
        """Why a variant isn't; empty if it is."""


class NoSplits:
    """A gateway that has none."""

    def splits(self) -> Mapping[str, Split]:
        """None."""
        return {}

    async def rows(self, _: str, __: int) -> Rows:
        """Nothing is counted."""
        return {}

    def own_rows(self, _: str, __: int) -> Rows:
        """The same."""
        return {}

    def not_ready(self, _: str, __: str) -> str:
        """Nothing is missing."""
        return ""
