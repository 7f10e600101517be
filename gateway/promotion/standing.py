"""How far a split's promotion is, and what became of it, as the ledger keeps both."""

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from passerelle.manifest.model import Split

State = Literal["waiting", "judging", "promoted", "rolled_back", "paused"]
STATES: tuple[State, ...] = ("waiting", "judging", "promoted", "rolled_back", "paused")
RUNNING: tuple[State, ...] = ("waiting", "judging")
What = Literal["started", "advanced", "lowered", "promoted", "rolled_back", "forced", "manifest"]


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """The weights in force of a split, since when, and why."""

    split: str  # its id
    digest: str  # of its definition in the manifest
    weights: Mapping[str, float]  # by the variants' ids, in percent; the old one is the first
    revision: int  # of the weights: each change of them begins a new one, which counts anew
    state: State
    since: float  # seconds since 1970
    reference: int  # the revision that tells of the old variant, where its own tells too little

    @property
    def weight(self) -> float:
        """The new variant's."""
        return list(self.weights.values())[1]


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """What happened to a promotion."""

    at: float  # seconds since 1970
    weights: Mapping[str, float]  # from then on
    what: What
    why: str  # a sentence, with the figures where there are some

    @property
    def document(self) -> dict[str, Any]:
        """The event for people's programs."""
        return {
            "at": timestamp(self.at),
            "weights": dict(self.weights),
            "what": self.what,
            "why": self.why,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A new standing, instead of one that must be the last still."""

    before: Standing | None  # None: there was none
    after: Standing
    event: Event | None  # None: it isn't worth one


def digest(split: Split) -> str:
    """What tells a split's definition from another: its weights, and how it is promoted."""
    wanted = split.promote.model_dump_json() if split.promote else ""
    return hashlib.sha256(f"{_in_order(split)}{wanted}".encode()).hexdigest()


def is_same(one: Split, other: Split) -> bool:
    """Whether two definitions have one digest."""
    return _in_order(one) == _in_order(other) and one.promote == other.promote


def _in_order(split: Split) -> list[list[str | float]]:
    """The weights, of which the first is the old variant's."""
    return [[name, float(weight)] for name, weight in split.weights.items()]


def timestamp(seconds: float) -> str:
    """A moment in UTC, as 2026-11-27T08:00:00Z."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
