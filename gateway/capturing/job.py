"""What is to be kept or counted of one answered request."""

import dataclasses
from pathlib import Path
from typing import Protocol

from gateway.exchange import Exchange
from gateway.route import Route
from gateway.transport import Response


class Answered(Protocol):
    """A request whose answer was sent."""

    @property
    def route(self) -> Route:
        """Who answered."""

    @property
    def exchange(self) -> Exchange:
        """The request, with its payload."""

    @property
    def response(self) -> Response | None:
        """The whole answer, in the service's own form; None where there is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Differing:
    """Another model's answer to the request."""

    model_id: str
    agreement: float  # 0..1
    response: Response


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """It holds no more than its work needs: a request that only counts is let go of."""

    folder: Path  # the model's
    size: int  # bytes that it may take
    at: float  # seconds since 1970
    response: Response
    model: str  # what stands for the artifact that answered: answer_counts.key
    stem: str | None  # the name of its picture; None: it isn't kept
    exchange: Exchange | None = None  # to keep, unless it was kept before by this name
    counts: bool = False  # whether its answer counts among the model's
    differing: Differing | None = None

    @property
    def counting(self) -> "Job":
        """The same without what is kept."""
        return dataclasses.replace(self, stem=None, exchange=None, differing=None)

    @property
    def bytes(self) -> int:
        """How many it holds in memory."""
        other = len(self.differing.response.body) if self.differing else 0
        payload = len(self.exchange.payload) if self.exchange else 0
        return len(self.response.body) + payload + other
