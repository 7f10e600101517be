"""A model's status, as its service reported it last."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Status:
    """One model's status, for people and for routing."""

    status: str  # one of passerelle/protocol/statuses.py
    reason: str = ""
    card: dict[str, Any] | None = None
    non_finite: int = 0  # pictures that it gave NaN or infinity for, since it started
    metadata: dict[str, Any] | None = None  # in the Open Inference Protocol, of who speaks that


Statuses = dict[str, Status]  # by the model's id
